//! The contract's rule for passwords.

use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::base::Check;
use crate::config::DialectPassword;

const SHORTEST: usize = 6;

/// Holds a password to the contract's rule, or the server's own, and notes what is wrong with it.
pub(super) fn judge(app: &App, check: &mut Check, password: &SecretString) {
    const FIELD: &str = "password";
    let password = password.expose_secret();
    if app.config.dialects.book_library_password == DialectPassword::Server {
        app.password_rules.check(check, FIELD, password.to_owned());
    } else if !fits(password) {
        let words = "password needs 6 characters or more, an upper and a lower case letter, a digit and a special \
                     character among them.";
        check.refuse(FIELD, "too_simple", words);
    }
}

fn fits(password: &str) -> bool {
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    password.chars().count() >= SHORTEST
        && has(char::is_uppercase)
        && has(char::is_lowercase)
        && has(char::is_numeric)
        && has(|character| !character.is_alphanumeric() && !character.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn four_kinds_of_characters() {
        for good in ["Abc@123", "aB1!xx", "Zwölf Öfen 12!"] {
            assert!(fits(good), "{good}");
        }
        for bad in ["", "aB1!x", "abc@123", "ABC@123", "Abc@def", "Abc1234", "Abc 1234"] {
            assert!(!fits(bad), "{bad}");
        }
    }
}
