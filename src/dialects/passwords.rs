//! What a dialect takes for a new password.

use crate::config::DialectPassword;
use crate::security::PasswordRules;

/// The rule of a contract that takes anything but nothing, or the server's own.
pub(super) fn rules(choice: DialectPassword, server: &PasswordRules) -> PasswordRules {
    match choice {
        DialectPassword::Server => *server,
        DialectPassword::Contract => PasswordRules { min_length: 1, refuse_common: false, ..*server },
    }
}
