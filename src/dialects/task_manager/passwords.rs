//! The contract's rule for passwords, in its words.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::wire::Complaints;
use crate::app::App;
use crate::base::Check;
use crate::config::DialectPassword;

const SHORTEST: usize = 8;
const LONGEST: usize = 32;

/// The password to be set, or a complaint.
pub(super) fn read(app: &App, complaints: &mut Complaints, value: Value) -> Option<SecretString> {
    const FIELD: &str = "password";
    let Value::String(password) = value else {
        complaints.refuse(FIELD, "Password must be a string.");
        return None;
    };
    if app.config.dialects.task_manager_password == DialectPassword::Server {
        let mut check = Check::new();
        let password = app.password_rules.check(&mut check, FIELD, password);
        return check
            .finish(password)
            .inspect_err(|error| {
                for field in error.fields() {
                    complaints.refuse(FIELD, field.message.clone());
                }
            })
            .ok();
    }
    let password = SecretString::from(password);
    match refusal(password.expose_secret()) {
        Some(words) => {
            complaints.refuse(FIELD, words);
            None
        }
        None => Some(password),
    }
}

fn refusal(password: &str) -> Option<&'static str> {
    let length = password.chars().count();
    let known = |c: char| c.is_ascii_alphanumeric() || "@#$%^&+=".contains(c);
    if length < SHORTEST {
        Some("Password must be at least 8 characters.")
    } else if length > LONGEST {
        Some("Password must be at most 32 characters.")
    } else {
        (!password.chars().all(known)).then_some("Password contains invalid characters.")
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn eight_to_thirty_two_of_few_characters() {
        for good in ["abcdefgh", "A1@#$%^&+=", &"x".repeat(32)] {
            assert_eq!(refusal(good), None, "{good}");
        }
        for (bad, word) in [
            ("abcdefg", "least"),
            (&*"x".repeat(33), "most"),
            ("abcdefg!", "invalid"),
            ("abcd efgh", "invalid"),
            ("abcd-efgh", "invalid"),
            ("abcd_efgh", "invalid"),
            ("pässwörter", "invalid"),
        ] {
            assert!(refusal(bad).is_some_and(|words| words.contains(word)), "{bad}");
        }
    }
}
