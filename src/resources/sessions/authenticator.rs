//! From an access token to a checked caller: the token says which session, the index says whether it lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use super::model::Session;
use super::{service, store};
use crate::app::App;
use crate::base::{Actor, Authenticator, BoxFuture, Error, Result, SessionKind, Status, Timestamp, codes};
use crate::security::{AccountEntry, Claims, SessionEntry};

/// How often a session's last use is written down at most.
const LAST_USED_STEP: Duration = Duration::from_mins(1);

/// Checks callers by the session index.
pub struct SessionAuthenticator(pub Arc<App>);

impl Authenticator for SessionAuthenticator {
    fn authenticate<'a>(&'a self, access_token: &'a str) -> BoxFuture<'a, Result<Actor>> {
        Box::pin(authenticate(&self.0, access_token))
    }
}

async fn authenticate(app: &Arc<App>, token: &str) -> Result<Actor> {
    let now = app.now();
    let claims = app.tokens.verify(token, now)?;
    if let Some((session, account)) = app.index.find(claims.sid)
        && good(&claims, &session, &account, now)
    {
        return Ok(admit(app, &claims, &session, &account, now));
    }
    // Unknown to the index, or not good by it: the database decides, and says why. This also covers a `gen` above the
    // one we know, as a rotation on another node makes it.
    let (row, session, account) = fill(app, &claims).await?;
    if good(&claims, &session, &account, now) {
        return Ok(admit(app, &claims, &session, &account, now));
    }
    Err(match row.ended(now) {
        Some(reason) => service::session_ended(&reason),
        None => Error::new(&codes::INVALID_TOKEN),
    })
}

fn good(claims: &Claims, session: &SessionEntry, account: &AccountEntry, now: Timestamp) -> bool {
    let counter_in_force = claims.r#gen == session.current || session.previous == Some(claims.r#gen);
    session.end_reason.is_none()
        && now < session.expires_at
        && now < session.idle_expires_at
        && !account.deleted
        && account.status == Status::Active
        && account.epoch == session.epoch
        && account.id == claims.sub
        && session.kind == SessionKind::Rotating
        && counter_in_force
}

fn admit(
    app: &Arc<App>,
    claims: &Claims,
    session: &SessionEntry,
    account: &AccountEntry,
    now: Timestamp,
) -> Actor {
    mark_confirmed(app, claims, session, now);
    mark_used(app, claims, session, now);
    Actor { account: session.account, id: account.id, session: claims.sid, role: account.role }
}

/// The first use of the newest access token shows that the reply which carried it arrived. Nobody waits for the mark: one
/// that is lost lets the previous refresh token in at most once more.
fn mark_confirmed(app: &Arc<App>, claims: &Claims, session: &SessionEntry, now: Timestamp) {
    let newest = claims.r#gen == session.current && session.previous.is_some();
    if !newest || session.confirmed.swap(true, Ordering::Relaxed) {
        return;
    }
    let (id, counter) = (claims.sid, claims.r#gen);
    if !app.db.post(move |writer| Ok(store::update_confirmed(writer, id, counter, now)?)) {
        session.confirmed.store(false, Ordering::Relaxed);
    }
}

fn mark_used(app: &Arc<App>, claims: &Claims, session: &SessionEntry, now: Timestamp) {
    let before = session.last_used_at.load(Ordering::Relaxed);
    if now.since(Timestamp::from_millis(before)) < LAST_USED_STEP {
        return;
    }
    let won = session
        .last_used_at
        .compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed)
        .is_ok();
    if won {
        let id = claims.sid;
        app.db.post(move |writer| Ok(store::update_last_used(writer, id, now)?));
    }
}

async fn fill(app: &Arc<App>, claims: &Claims) -> Result<(Session, Arc<SessionEntry>, Arc<AccountEntry>)> {
    let id = claims.sid;
    let session_stamp = app.index.session_stamp(id);
    // The account's key is known only after the read; its stamp is taken for all accounts alike by reading twice.
    let shared = Arc::clone(app);
    let (row, account_stamp) = app
        .db
        .read(move |reader| {
            let Some(first) = store::find(reader, id)? else { return Err(Error::new(&codes::INVALID_TOKEN)) };
            let stamp = shared.index.account_stamp(first.account.key);
            let second = store::find(reader, id)?.ok_or_else(|| Error::new(&codes::INVALID_TOKEN))?;
            Ok((second, stamp))
        })
        .await?;
    let session = Arc::new(SessionEntry {
        account: row.account.key,
        kind: row.kind,
        epoch: row.epoch,
        current: row.counters.current,
        previous: row.counters.previous,
        end_reason: row.end_reason.clone(),
        idle_expires_at: row.idle_expires_at,
        expires_at: row.expires_at,
        confirmed: AtomicBool::new(row.counters.confirmed_at.is_some()),
        last_used_at: AtomicI64::new(row.last_used_at.millis()),
    });
    let account = Arc::new(AccountEntry {
        id: row.account.id,
        role: row.account.role,
        status: row.account.status,
        epoch: row.account.epoch,
        deleted: row.account.deleted,
    });
    app.index.fill_session(id, session_stamp, Arc::clone(&session));
    app.index.fill_account(row.account.key, account_stamp, Arc::clone(&account));
    Ok((row, session, account))
}
