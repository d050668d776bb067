//! Signing in where a contract knows one token and no refresh: the session ends with its token.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::base::{Error, Origin, Result, codes};
use crate::resources::accounts::{self, Account, LoginName};
use crate::resources::sessions::{self, Begun, Terms};
use crate::security::Additions;

use secrecy::SecretString;

/// Begins a session on these terms. No contract knows addresses that wait for a proof: until it has come, its account is as
/// good as none.
///
/// # Errors
/// As [`accounts::sign_in`], without `account.email_unverified`.
pub(super) async fn begin(
    app: &Arc<App>,
    login: LoginName,
    password: SecretString,
    terms: Terms,
    origin: Origin,
) -> Result<(Begun, Account)> {
    accounts::sign_in(app, login, password, terms, origin).await.map_err(|error| {
        let waits = error.code() == &codes::EMAIL_UNVERIFIED;
        if waits { Error::new(&codes::INVALID_CREDENTIALS) } else { error }
    })
}

/// An access token for the caller, and the account.
///
/// # Errors
/// As [`begin`].
pub(super) async fn sign_in<const N: usize>(
    app: &Arc<App>,
    login: LoginName,
    password: SecretString,
    lifetime: Duration,
    additions: impl FnOnce(&Account) -> [(&'static str, serde_json::Value); N],
    origin: Origin,
) -> Result<(String, Account)> {
    let (begun, account) = begin(app, login, password, Terms::fixed(lifetime), origin).await?;
    let additions: &Additions = &additions(&account);
    let token = sessions::access_token(app, account.id, begun, lifetime, additions)?;
    Ok((token, account))
}
