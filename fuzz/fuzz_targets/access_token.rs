//! Access tokens: nothing but what this server signed is taken, now or from the cache of verified ones.

#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use portcullis::base::SystemRandomness;
use portcullis::security::{AccessTokens, SharedSecrets};
use portcullis_fuzz::{NOW, forgeries, id, keys};

fuzz_target!(|data: &[u8]| {
    static TOKENS: OnceLock<(AccessTokens, String)> = OnceLock::new();
    let (tokens, genuine) = TOKENS.get_or_init(|| {
        let (keys, life) = (keys(), Duration::from_secs(900));
        let set = keys.current();
        let tokens = AccessTokens::new(keys, "portcullis".into(), None, life, SharedSecrets::default());
        let genuine = tokens.issue(&set, id(), id(), 0, NOW, &SystemRandomness);
        (tokens, genuine.expect("a good key signs"))
    });
    assert!(tokens.verify(genuine, NOW).is_ok());
    for text in forgeries(data, genuine) {
        assert!(tokens.verify(&text, NOW).is_err(), "{text}");
    }
});
