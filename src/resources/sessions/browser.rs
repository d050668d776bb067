//! Sessions in a browser: a cookie names them, and stays the same while they live.

use std::sync::Arc;

use super::model::{Begun, EndReason};
use super::{service, store};
use crate::app::App;
use crate::base::{Id, Result, Timestamp};
use crate::security::RefreshToken;

/// The only counter of such a session.
const COUNTER: u64 = 0;

/// What the cookie of a session holds: sealed like a refresh token, and of no use as one, for the session is of another kind.
///
/// # Errors
/// `auth.session_ended` when the key set was revoked at this very moment.
pub fn cookie(app: &App, begun: Begun) -> Result<String> {
    let revoked = || service::session_ended(EndReason::KeyRevoked.as_str());
    let keys = app.keys.find(begun.key_set).ok_or_else(revoked)?;
    Ok(RefreshToken { session: begun.id, counter: COUNTER }.seal(&keys))
}

/// A session that is used lives on, as one that is refreshed does. Nobody waits for it.
pub(super) fn prolong(app: &Arc<App>, id: Id, expires_at: Timestamp, now: Timestamp) {
    let idle_expires_at = now.plus(app.config.sessions.idle_lifetime).min(expires_at);
    let shared = Arc::clone(app);
    app.db.post(move |writer| {
        store::update_prolonged(writer, id, idle_expires_at, now)?;
        service::invalidate(&shared, writer, id);
        Ok(())
    });
}
