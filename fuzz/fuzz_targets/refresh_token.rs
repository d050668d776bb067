//! Refresh tokens: nothing but what this server sealed is taken.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use portcullis::security::RefreshToken;
use portcullis_fuzz::{forgeries, id, keys};

fuzz_target!(|data: &[u8]| {
    static GENUINE: OnceLock<String> = OnceLock::new();
    let keys = keys();
    let token = RefreshToken { session: id(), counter: 3 };
    let genuine = GENUINE.get_or_init(|| token.seal(&keys.current()));
    assert_eq!(RefreshToken::open(genuine, &keys), Some(token));
    for text in forgeries(data, genuine) {
        assert_eq!(RefreshToken::open(&text, &keys), None, "{text}");
    }
});
