//! Proofs in mails: nothing but what this server mailed is taken, and only for what it was mailed for.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use portcullis::security::mail_proof;
use portcullis_fuzz::{forgeries, id, keys};

const PURPOSE: &str = "reset_password";

fuzz_target!(|data: &[u8]| {
    static GENUINE: OnceLock<(String, String)> = OnceLock::new();
    let keys = keys();
    let made = || (mail_proof::token(&keys, PURPOSE, id()), mail_proof::code(&keys, PURPOSE, id()));
    let (token, code) = GENUINE.get_or_init(made);
    assert_eq!(mail_proof::open(&keys, PURPOSE, token), Some(id()));
    assert!(mail_proof::is_code(&keys, PURPOSE, id(), code));
    for text in forgeries(data, token) {
        // Blanks at its ends come with copying.
        if text.trim() != token {
            assert_eq!(mail_proof::open(&keys, PURPOSE, &text), None, "{text}");
        }
        assert_eq!(mail_proof::open(&keys, "verify_address", &text), None, "{text}");
        mail_proof::is_code(&keys, PURPOSE, id(), &text);
    }
});
