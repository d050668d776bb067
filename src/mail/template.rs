//! What mails there are.

use std::time::Duration;

use serde_json::{Value, json};

/// A kind of mail, by what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Template {
    /// An account was made.
    Welcome,
    /// The same, in the words that the contract of a door has for it.
    ServiceWelcome,
    /// Is this address yours?
    VerifyAddress,
    /// Is this new address yours? It becomes the account's when the answer is yes.
    ConfirmAddress,
    /// A way to a new password.
    ResetPassword,
    /// The address was changed: to the old and to the new one.
    AddressChanged,
    /// Somebody wanted to use an address that has an account.
    AddressTaken,
    /// The password was changed.
    PasswordChanged,
    /// Somebody signed in from a device that was not seen before.
    NewSignIn,
    /// An administrator approved the account.
    AccountApproved,
    /// An administrator rejected the account.
    AccountRejected,
    /// An administrator disabled the account.
    AccountDisabled,
    /// The operator's own trial.
    Test,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Welcome,
        Self::ServiceWelcome,
        Self::VerifyAddress,
        Self::ConfirmAddress,
        Self::ResetPassword,
        Self::AddressChanged,
        Self::AddressTaken,
        Self::PasswordChanged,
        Self::NewSignIn,
        Self::AccountApproved,
        Self::AccountRejected,
        Self::AccountDisabled,
        Self::Test,
    ];

    /// The name: in the database, in file names, on the command line. Proofs are bound to it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::ServiceWelcome => "service_welcome",
            Self::VerifyAddress => "verify_address",
            Self::ConfirmAddress => "confirm_address",
            Self::ResetPassword => "reset_password",
            Self::AddressChanged => "address_changed",
            Self::AddressTaken => "address_taken",
            Self::PasswordChanged => "password_changed",
            Self::NewSignIn => "new_sign_in",
            Self::AccountApproved => "account_approved",
            Self::AccountRejected => "account_rejected",
            Self::AccountDisabled => "account_disabled",
            Self::Test => "test",
        }
    }

    /// The template of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    /// The page that its link opens; `None` for mails that prove nothing.
    pub const fn page(self) -> Option<&'static str> {
        match self {
            Self::VerifyAddress | Self::ConfirmAddress => Some("/account/verify"),
            Self::ResetPassword => Some("/account/reset"),
            _ => None,
        }
    }

    /// How long its proof is good, counted from the moment it was handed over.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::ResetPassword => Duration::from_hours(1),
            _ => Duration::from_hours(24),
        }
    }

    /// The built-in English text: the subject, an empty line, and paragraphs.
    pub(super) const fn source(self) -> &'static str {
        match self {
            Self::Welcome => include_str!("../../templates/mail/en/welcome.txt"),
            Self::ServiceWelcome => include_str!("../../templates/mail/en/service_welcome.txt"),
            Self::VerifyAddress => include_str!("../../templates/mail/en/verify_address.txt"),
            Self::ConfirmAddress => include_str!("../../templates/mail/en/confirm_address.txt"),
            Self::ResetPassword => include_str!("../../templates/mail/en/reset_password.txt"),
            Self::AddressChanged => include_str!("../../templates/mail/en/address_changed.txt"),
            Self::AddressTaken => include_str!("../../templates/mail/en/address_taken.txt"),
            Self::PasswordChanged => include_str!("../../templates/mail/en/password_changed.txt"),
            Self::NewSignIn => include_str!("../../templates/mail/en/new_sign_in.txt"),
            Self::AccountApproved => include_str!("../../templates/mail/en/account_approved.txt"),
            Self::AccountRejected => include_str!("../../templates/mail/en/account_rejected.txt"),
            Self::AccountDisabled => include_str!("../../templates/mail/en/account_disabled.txt"),
            Self::Test => include_str!("../../templates/mail/en/test.txt"),
        }
    }

    /// Variables to look at it with.
    pub fn sample(self) -> Value {
        let own = match self {
            Self::ServiceWelcome => json!({ "username": "ada" }),
            Self::AddressChanged => json!({ "old": "ada@example.org", "new": "countess@example.org" }),
            Self::NewSignIn => json!({
                "at": "2026-11-21 08:15 UTC", "ip": "192.0.2.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
            }),
            Self::PasswordChanged => json!({ "at": "2026-11-21 08:15 UTC", "ip": "192.0.2.7" }),
            Self::AccountDisabled => json!({ "reason": "no such person here" }),
            _ => json!({}),
        };
        let mut variables = json!({ "name": "Ada Lovelace" });
        if let (Some(all), Value::Object(own)) = (variables.as_object_mut(), own) {
            all.extend(own);
        }
        variables
    }
}
