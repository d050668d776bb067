//! Signing in where a contract knows one token and no refresh: the session ends with its token.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::base::{Origin, Result};
use crate::resources::accounts::{self, Account, LoginName};
use crate::resources::sessions::{self, Terms};
use crate::security::Additions;

use secrecy::SecretString;

/// An access token for the caller, and the account.
///
/// # Errors
/// As [`accounts::sign_in`].
pub(super) async fn sign_in<const N: usize>(
    app: &Arc<App>,
    login: LoginName,
    password: SecretString,
    lifetime: Duration,
    additions: impl FnOnce(&Account) -> [(&'static str, serde_json::Value); N],
    origin: Origin,
) -> Result<(String, Account)> {
    let (begun, account) = accounts::sign_in(app, login, password, Terms::fixed(lifetime), origin).await?;
    let additions: &Additions = &additions(&account);
    let token = sessions::access_token(app, account.id, begun, lifetime, additions)?;
    Ok((token, account))
}
