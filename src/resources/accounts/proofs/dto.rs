//! Proofs on the wire of `/api/v1`.

use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Shown;
use crate::base::{Check, Input, Result};
use crate::resources::accounts::identifiers::{self, Identifier};
use crate::security::PasswordRules;

/// The longest token or code that is read.
const LONGEST: usize = 200;

/// An address that a mail is wanted for.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct EmailRequest {
    /// The e-mail address of an account.
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    #[serde(default)]
    email: Input<String>,
}

impl EmailRequest {
    /// The address.
    ///
    /// # Errors
    /// `request.invalid`.
    pub fn into_email(self) -> Result<Identifier> {
        let mut check = Check::new();
        let email = check.required("email", "a text", self.email);
        let email = email.and_then(|typed| identifiers::email(&mut check, "email", &typed));
        check.finish(email)
    }
}

/// What proves that an address is yours: the token of the mail's link, or its code.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct VerifyRequest {
    /// The token in the link.
    #[schema(value_type = Option<String>, max_length = 200, nullable = false)]
    #[serde(default)]
    token: Input<String>,
    /// The code in the mail, instead of the token.
    #[schema(value_type = Option<String>, max_length = 200, nullable = false, example = "K7QM-3XTD")]
    #[serde(default)]
    code: Input<String>,
    /// The address of the account, with a code and without a session.
    #[schema(value_type = Option<String>, max_length = 254, format = Email, nullable = false)]
    #[serde(default)]
    email: Input<String>,
    /// The account's password, where there is no session.
    #[schema(value_type = Option<String>, format = Password, nullable = false)]
    #[serde(default)]
    password: Input<String>,
}

impl VerifyRequest {
    /// What was shown, and the password. `signed_in`: the caller's account is known.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_parts(self, signed_in: bool) -> Result<(Shown, Option<SecretString>)> {
        let mut check = Check::new();
        let shown = shown(&mut check, self.token, self.code, self.email, signed_in);
        let password = check.not_null("password", "a text", self.password).map(SecretString::from);
        check.finish(shown.map(|shown| (shown, password)))
    }
}

/// A new password, and what shows that you may set it.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ResetRequest {
    /// The token in the link.
    #[schema(value_type = Option<String>, max_length = 200, nullable = false)]
    #[serde(default)]
    token: Input<String>,
    /// The code in the mail, instead of the token.
    #[schema(value_type = Option<String>, max_length = 200, nullable = false, example = "K7QM-3XTD")]
    #[serde(default)]
    code: Input<String>,
    /// The address of the account, with a code.
    #[schema(value_type = Option<String>, max_length = 254, format = Email, nullable = false)]
    #[serde(default)]
    email: Input<String>,
    /// The new password.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    password: Input<String>,
}

impl ResetRequest {
    /// What was shown, and the new password.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_parts(self, rules: &PasswordRules) -> Result<(Shown, SecretString)> {
        let mut check = Check::new();
        let shown = shown(&mut check, self.token, self.code, self.email, false);
        let password = check
            .required("password", "a text", self.password)
            .and_then(|password| rules.check(&mut check, "password", password));
        check.finish(shown.zip(password))
    }
}

/// Another address for the account.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct AddressRequest {
    /// The new e-mail address.
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    #[serde(default)]
    email: Input<String>,
    /// The account's password.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    password: Input<String>,
}

impl AddressRequest {
    /// The new address, and the password.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_parts(self) -> Result<(Identifier, SecretString)> {
        let mut check = Check::new();
        let email = check.required("email", "a text", self.email);
        let email = email.and_then(|typed| identifiers::email(&mut check, "email", &typed));
        let password = check.required("password", "a text", self.password).map(SecretString::from);
        check.finish(email.zip(password))
    }
}

fn shown(
    check: &mut Check,
    token: Input<String>,
    code: Input<String>,
    email: Input<String>,
    account_known: bool,
) -> Option<Shown> {
    let token = check.not_null("token", "a text", token);
    let code = check.not_null("code", "a text", code);
    let email = check.not_null("email", "a text", email);
    let email = email.and_then(|email| check.line("email", &email, 1, 254));
    match (token, code) {
        (Some(token), None) => check.line("token", &token, 1, LONGEST).map(Shown::Token),
        (None, Some(code)) => {
            if email.is_none() && !account_known && !check.failed() {
                check.refuse("email", "required", "email is required beside a code.");
            }
            check.line("code", &code, 1, LONGEST).map(|code| Shown::Code { code, email })
        }
        (Some(_), Some(_)) => {
            check.refuse("code", "superfluous", "token and code are two ways to say the same; send one.");
            None
        }
        (None, None) => {
            if !check.failed() {
                check.refuse("token", "required", "token or code is required.");
            }
            None
        }
    }
}
