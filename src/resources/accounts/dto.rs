//! Accounts on the wire of `/api/v1`.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::identifiers;
use super::model::{Account, ProfileChange, Registration};
use crate::base::{Change, Check, Id, Input, Result, Timestamp};
use crate::resources::sessions::TokenPairView;
use crate::security::PasswordRules;

const LONGEST_NAME: usize = 200;

/// A new account: a password and at least one of `email` and `username`.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RegisterRequest {
    /// An e-mail address; unique, whatever its case.
    #[schema(value_type = Option<String>, max_length = 254, format = Email, nullable = false)]
    #[serde(default)]
    pub(super) email: Input<String>,
    /// A name to sign in with; unique, whatever its case; without `@`.
    #[schema(value_type = Option<String>, max_length = 64, nullable = false)]
    #[serde(default)]
    pub(super) username: Input<String>,
    /// What to call the person.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    pub(super) name: Input<String>,
    /// 8 to 256 characters by default; never trimmed; not one of the common ones.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    pub(super) password: Input<String>,
}

impl RegisterRequest {
    /// What somebody typed elsewhere than in a JSON body.
    pub fn new(
        email: Option<String>,
        username: Option<String>,
        name: Option<String>,
        password: String,
    ) -> Self {
        let input = |text: Option<String>| text.map_or(Input::Missing, Input::Value);
        Self {
            email: input(email),
            username: input(username),
            name: input(name),
            password: Input::Value(password),
        }
    }

    /// The account to be made.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_registration(self, rules: &PasswordRules) -> Result<Registration> {
        let mut check = Check::new();
        let registration = self.read(&mut check, rules);
        check.finish(registration)
    }

    /// The account to be made; `None` when a field was refused.
    pub(super) fn read(self, check: &mut Check, rules: &PasswordRules) -> Option<Registration> {
        let email = check.optional("email", "a text", self.email).value();
        let username = check.optional("username", "a text", self.username).value();
        if email.is_none() && username.is_none() && !check.failed() {
            check.refuse("email", "required", "email or username is required.");
        }
        let email = email.and_then(|typed| identifiers::email(check, "email", &typed));
        let username = username.and_then(|typed| identifiers::username(check, "username", &typed));
        let name = read_name(check, self.name).value();
        let password = check
            .required("password", "a text", self.password)
            .and_then(|password| rules.check(check, "password", password));
        password.map(|password| Registration { email, username, name, password })
    }
}

/// A name; an empty one is none.
pub(super) fn read_name(check: &mut Check, name: Input<String>) -> Change<String> {
    match check.optional("name", "a text", name).and_then(|name| check.line("name", &name, 0, LONGEST_NAME)) {
        Change::Set(name) if name.is_empty() => Change::Clear,
        name => name,
    }
}

/// A sign-in.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct LoginRequest {
    /// The e-mail address or the user name.
    #[schema(value_type = String, required)]
    #[serde(default)]
    login: Input<String>,
    /// The password.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    password: Input<String>,
}

impl LoginRequest {
    /// Login name and password.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_parts(self) -> Result<(String, SecretString)> {
        let mut check = Check::new();
        let login = check.required("login", "a text", self.login);
        let password = check.required("password", "a text", self.password).map(SecretString::from);
        check.finish(login.zip(password))
    }
}

/// Changes to one's own account.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ProfileRequest {
    /// What to call the person; `null` clears it.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    name: Input<String>,
    /// The user name; `null` clears it, as long as there is an e-mail address.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    username: Input<String>,
}

impl ProfileRequest {
    /// What somebody wants to be called, told elsewhere than in a JSON body.
    pub fn name(name: String) -> Self {
        Self { name: Input::Value(name), username: Input::Missing }
    }

    /// The change to be made.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_change(self) -> Result<ProfileChange> {
        let mut check = Check::new();
        let name = read_name(&mut check, self.name);
        let username = check.optional("username", "a text", self.username);
        let username = username.and_then(|typed| identifiers::username(&mut check, "username", &typed));
        check.finish(Some(ProfileChange { name, username }))
    }
}

/// A change of password.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct PasswordRequest {
    /// The password in force.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    current_password: Input<String>,
    /// The next one, under the rules of registration.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    new_password: Input<String>,
}

impl PasswordRequest {
    /// The password in force and the next one.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_parts(self, rules: &PasswordRules) -> Result<(SecretString, SecretString)> {
        let mut check = Check::new();
        let current =
            check.required("current_password", "a text", self.current_password).map(SecretString::from);
        let new = check
            .required("new_password", "a text", self.new_password)
            .and_then(|password| rules.check(&mut check, "new_password", password));
        check.finish(current.zip(new))
    }
}

/// The password, shown again before something that cannot be undone.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct DeleteRequest {
    /// The password in force.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    password: Input<String>,
}

impl DeleteRequest {
    /// The password.
    ///
    /// # Errors
    /// `request.invalid`.
    pub fn into_password(self) -> Result<SecretString> {
        let mut check = Check::new();
        let password = check.required("password", "a text", self.password).map(SecretString::from);
        check.finish(password)
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// Its e-mail address.
    #[schema(required)]
    email: Option<String>,
    /// Its user name.
    #[schema(required)]
    username: Option<String>,
    /// What to call the person.
    #[schema(required)]
    name: Option<String>,
    /// `user`, `approver` or `admin`.
    role: &'static str,
    /// `pending`, `active` or `disabled`.
    status: &'static str,
    /// Whether the address has been proven.
    email_verified: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            email: account.email,
            username: account.username,
            name: account.name,
            role: account.role.as_str(),
            status: account.status.as_str(),
            email_verified: account.email_verified_at.is_some(),
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// What a sign-in gives: tokens and the account.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoginView {
    /// The tokens.
    #[serde(flatten)]
    pub(super) tokens: TokenPairView,
    /// Whose they are.
    pub(super) account: AccountView,
}
