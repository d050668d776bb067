//! Sessions that keep their refresh token, or have none: those of contracts that know no rotation.

use std::sync::Arc;
use std::time::Duration;

use super::model::{Begun, EndReason};
use super::{service, store};
use crate::app::App;
use crate::base::{Error, Id, Origin, Result, SessionKind, codes};
use crate::resources::guard;
use crate::security::{Additions, Door, KeySet, RefreshToken, Subject};

/// The only counter of such a session.
const COUNTER: u64 = 0;

/// A session of this kind that is good now.
#[derive(Clone, Copy, Debug)]
pub struct FixedSession {
    /// Itself, and the key set that signs now.
    pub begun: Begun,
    /// Its account's key.
    pub account: i64,
    /// Its account's public id.
    pub account_id: Id,
}

/// An access token that also says what a contract's clients read. Signs, so it stands outside every transaction.
///
/// # Errors
/// `auth.session_ended` when the key set was revoked at this very moment.
pub fn access_token(
    app: &App,
    account: Id,
    begun: Begun,
    lifetime: Duration,
    additions: &Additions,
) -> Result<String> {
    let subject = Subject { account, session: begun.id, counter: COUNTER };
    let keys = key_set(app, begun)?;
    app.tokens.issue_with(&keys, subject, lifetime, additions, app.now(), app.random.as_ref())
}

/// The refresh token of such a session: it stays the same.
///
/// # Errors
/// As [`access_token`].
pub fn refresh_token(app: &App, begun: Begun) -> Result<String> {
    Ok(RefreshToken { session: begun.id, counter: COUNTER }.seal(&*key_set(app, begun)?))
}

fn key_set(app: &App, begun: Begun) -> Result<Arc<KeySet>> {
    let revoked = || service::session_ended(EndReason::KeyRevoked.as_str());
    app.keys.find(begun.key_set).ok_or_else(revoked)
}

/// The session that a refresh token names, to make another access token for.
///
/// # Errors
/// `auth.invalid_refresh_token`: forged, of another kind of session, or of one that has ended; `limits.too_many_requests`.
pub async fn find_fixed(app: &Arc<App>, refresh_token: &str, origin: &Origin) -> Result<FixedSession> {
    guard::admit(app, Door::Refresh, origin)?;
    app.key_keeper.ensure().await?;
    let invalid = || Error::new(&codes::INVALID_REFRESH_TOKEN);
    let token = RefreshToken::open(refresh_token, &app.keys).ok_or_else(invalid)?;
    let now = app.now();
    let found = app.db.read(move |reader| Ok(store::find(reader, token.session)?)).await?;
    let session = found.filter(|found| found.kind == SessionKind::Fixed && token.counter == COUNTER);
    let session = session.filter(|session| session.ended(now).is_none()).ok_or_else(invalid)?;
    let (id, idle_expires_at) = (session.id, session.idle_expires_at);
    let begun = Begun { id, idle_expires_at, key_set: app.keys.current().id };
    Ok(FixedSession { begun, account: session.account.key, account_id: session.account.id })
}
