//! What lower layers ask of higher ones: traits stand here, implementations above, the wiring joins them.

use std::future::Future;
use std::pin::Pin;

use super::{Actor, Result};

/// A future behind a pointer, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Turns an access token, or a cookie, into a checked caller.
pub trait Authenticator: Send + Sync {
    /// The caller, or why not: `auth.invalid_token`, `auth.expired_token`, `auth.session_ended`, or 503 when the
    /// session cannot be looked up.
    fn authenticate<'a>(&'a self, access_token: &'a str) -> BoxFuture<'a, Result<Actor>>;

    /// The caller behind the cookie of a browser's session, or why not: `auth.invalid_token`, `auth.session_ended`, or 503
    /// as above.
    fn recognise<'a>(&'a self, cookie: &'a str) -> BoxFuture<'a, Result<Actor>>;
}

/// A resource that keeps rows of an account, and removes them when the account is deleted.
pub trait AccountErasure: Send + Sync {
    /// The resource's name, for the log.
    fn name(&self) -> &'static str;

    /// Removes at most `chunk` rows of the account; the number removed. Called until it answers 0.
    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>>;
}
