//! Bodies of registrations and new tasks: whatever arrives is refused in words or kept within its limits.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::http::body::parse;
use portcullis::resources::accounts::RegisterRequest;
use portcullis::resources::tasks::CreateTask;
use portcullis::security::PasswordRules;

const RULES: PasswordRules = PasswordRules { min_length: 8, max_length: 256, refuse_common: true };

fuzz_target!(|data: &[u8]| {
    if let Ok(registration) =
        parse::<RegisterRequest>(data).and_then(|sent| sent.read(|body| body.into_registration(&RULES)))
    {
        assert!(registration.email.is_some() || registration.username.is_some());
    }
    if let Ok(draft) = parse::<CreateTask>(data).and_then(|sent| sent.read(CreateTask::into_draft)) {
        assert!((1..=200).contains(&draft.title.chars().count()));
        assert!(!draft.title.chars().any(char::is_control));
        assert!(draft.description.chars().count() <= 10_000);
    }
});
