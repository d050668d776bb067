//! E-mail addresses: one that is taken has one `@`, an ASCII domain, and a key that is its own key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::resources::accounts::RegisterRequest;
use portcullis::security::PasswordRules;

const RULES: PasswordRules = PasswordRules { min_length: 8, max_length: 256, refuse_common: false };

fn key(typed: &str) -> Option<String> {
    let request = RegisterRequest::new(Some(typed.into()), None, None, "correct horse".into());
    let registration = request.into_registration(&RULES).ok()?;
    registration.email.map(|email| email.key)
}

fuzz_target!(|typed: &str| {
    if let Some(first) = key(typed) {
        let (local, domain) = first.split_once('@').expect("an address has an @");
        assert!(!local.is_empty() && domain.is_ascii() && !domain.contains('@'), "{first:?}");
        assert_eq!(key(&first).as_ref(), Some(&first), "from {typed:?}");
    }
});
