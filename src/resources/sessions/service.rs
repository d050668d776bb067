//! What happens to sessions: they begin, end, and are swept. How they are refreshed stands in [`super::refreshing`].

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::model::{Begun, EndReason, ListedSession, Standing, Terms, TokenPair};
use super::store::{self, Asked, NewSession};
use crate::app::App;
use crate::base::{
    Actor, Error, Id, Origin, Page, PageRequest, Position, Result, SessionKind, SortValue, Timestamp, codes,
};
use crate::db::{self, Reader, Writer};
use crate::resources::audit::{self, Event, EventKind};
use crate::security::{KeyId, RefreshToken};

/// For how long ended sessions are kept, so that their reason can be told.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// An account whose credentials have just been verified, as it was then.
#[derive(Clone, Copy, Debug)]
pub struct Verified {
    /// Its key.
    pub account: i64,
    /// Its public id.
    pub id: Id,
    /// Its epoch when the password was read: a password changed meanwhile makes the sign-in void.
    pub epoch: i64,
    /// Whether it was signed in to from here lately; `None` where that is not looked at.
    pub known_device: Option<bool>,
}

/// Begins a session inside the caller's transaction. `None`: the account is no longer what was verified.
///
/// # Errors
/// When the database cannot take it.
pub fn begin(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    verified: Verified,
    terms: Terms,
    origin: &Origin,
) -> Result<Option<Begun>> {
    let now = app.now();
    let expires_at = now.plus(terms.lifetime);
    let idle_expires_at = now.plus(terms.idle_lifetime).min(expires_at);
    let id = app.new_id();
    let mut new = NewSession {
        id,
        account: verified.account,
        account_epoch: verified.epoch,
        kind: terms.kind,
        key_set: app.keys.current().id,
        now,
        idle_expires_at,
        expires_at,
        origin,
    };
    if store::insert(writer, &new)? == 0 {
        // Perhaps it was not the account that had changed, but the key set that signs, and this node has not noticed yet.
        let signs = app.key_keeper.current_in(writer)?.id;
        let rotated = std::mem::replace(&mut new.key_set, signs) != signs;
        if !rotated || store::insert(writer, &new)? == 0 {
            return Ok(None);
        }
    }
    // The new session stays whatever the others' times say: ids of one millisecond have no order, and clocks go back.
    let mut others = store::list_live_ids(writer, verified.account, now)?;
    others.retain(|other| *other != id);
    for oldest in others.into_iter().skip(app.config.sessions.max_per_account as usize - 1) {
        end(app, writer, oldest, verified.account, EndReason::SessionLimit)?;
        audit::record(app, writer, &ended_event(verified.id, oldest, EndReason::SessionLimit, origin))?;
    }
    let event = Event::own(EventKind::SessionStarted, verified.id, origin);
    let mut detail = json!({ "session": id, "user_agent": origin.user_agent });
    if let Some(known) = verified.known_device {
        detail["known_device"] = known.into();
    }
    audit::record(app, writer, &event.with(detail))?;
    Ok(Some(Begun { id, idle_expires_at, key_set: new.key_set }))
}

/// The tokens of a session at one counter. Signs, so it stands outside every transaction.
///
/// # Errors
/// `auth.session_ended` when its key set was revoked at this very moment.
pub fn issue(app: &App, account: Id, begun: Begun, counter: u64) -> Result<TokenPair> {
    let now = app.now();
    let revoked = || session_ended(EndReason::KeyRevoked.as_str());
    let keys = app.keys.find(begun.key_set).ok_or_else(revoked)?;
    Ok(TokenPair {
        access_token: app.tokens.issue(&keys, account, begun.id, counter, now, app.random.as_ref())?,
        expires_in: app.tokens.lifetime(),
        refresh_token: RefreshToken { session: begun.id, counter }.seal(&keys),
        refresh_expires_in: begun.idle_expires_at.since(now),
    })
}

/// `auth.session_ended` with its reason.
pub(super) fn session_ended(reason: &str) -> Error {
    Error::new(&codes::SESSION_ENDED)
        .with_detail(format!("This session has ended ({reason}). Sign in again."))
}

/// Demands that the caller's session is still good, inside the transaction that acts for it: what was checked when the request
/// came may have been long ago.
///
/// # Errors
/// `auth.session_ended`.
pub fn demand_live(app: &App, writer: &mut Writer<'_>, actor: &Actor) -> Result<()> {
    match store::find(writer, actor.session)? {
        None => Err(Error::new(&codes::SESSION_ENDED)),
        Some(session) => session.ended(app.now()).map_or(Ok(()), |reason| Err(session_ended(&reason))),
    }
}

/// Ends the session of this kind that a refresh token names, whatever its counter: whoever holds it may end it.
///
/// # Errors
/// `auth.invalid_refresh_token`, also when the session has already ended or is of another kind.
pub async fn log_out_by_token(app: &Arc<App>, token: &str, kind: SessionKind, origin: Origin) -> Result<()> {
    app.key_keeper.ensure().await?;
    let token =
        RefreshToken::open(token, &app.keys).ok_or_else(|| Error::new(&codes::INVALID_REFRESH_TOKEN))?;
    let shared = Arc::clone(app);
    let ended = app.db.write(move |writer| {
        let Some(session) = store::find(writer, token.session)? else { return Ok(false) };
        let good = session.kind == kind && token.counter <= session.counters.current;
        if !good || session.ended(shared.now()).is_some() {
            return Ok(false);
        }
        end(&shared, writer, session.id, session.account.key, EndReason::Logout)?;
        audit::record(
            &shared,
            writer,
            &ended_event(session.account.id, session.id, EndReason::Logout, &origin),
        )?;
        Ok(true)
    });
    if ended.await? { Ok(()) } else { Err(Error::new(&codes::INVALID_REFRESH_TOKEN)) }
}

/// Ends one session of the caller's account; the current one, or another.
///
/// # Errors
/// `session.not_found` when the account has no such live session.
pub async fn end_one(app: &Arc<App>, actor: Actor, id: Option<Id>, origin: Origin) -> Result<()> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let id = end_live(&shared, writer, actor.account, id, EndReason::Logout)?;
            Ok(audit::record(&shared, writer, &ended_event(actor.id, id, EndReason::Logout, &origin))?)
        })
        .await
}

/// Ends one session of the account inside the caller's transaction; its id.
///
/// # Errors
/// `session.not_found` when the account has no such live session.
pub fn end_live(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    account: i64,
    id: Option<Id>,
    reason: EndReason,
) -> Result<Id> {
    let none = || Error::new(&codes::SESSION_NOT_FOUND);
    let id = id.ok_or_else(none)?;
    let found = store::find(writer, id)?.filter(|found| found.account.key == account);
    let live = found.is_some_and(|found| found.ended(app.now()).is_none());
    if live && end(app, writer, id, account, reason)? { Ok(id) } else { Err(none()) }
}

/// Ends all sessions of the caller's account but the current one.
///
/// # Errors
/// When the database cannot take it.
pub async fn end_others(app: &Arc<App>, actor: Actor, origin: Origin) -> Result<()> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            for id in end_all(&shared, writer, actor.account, Some(actor.session), EndReason::Logout)? {
                audit::record(&shared, writer, &ended_event(actor.id, id, EndReason::Logout, &origin))?;
            }
            Ok(())
        })
        .await
}

pub(super) fn ended_event(account: Id, session: Id, reason: EndReason, origin: &Origin) -> Event {
    let detail = json!({ "session": session, "reason": reason.as_str() });
    Event::own(EventKind::SessionEnded, account, origin).with(detail)
}

/// Ends the sessions of all accounts in a database that nobody serves from; how many were alive.
///
/// # Errors
/// When the database cannot take it.
pub fn end_everywhere(writer: &mut Writer<'_>, reason: EndReason, now: Timestamp) -> db::Result<u64> {
    store::end_all(writer, reason, now)
}

/// Ends every session of a key set inside the caller's transaction; how many were alive.
///
/// # Errors
/// When the database cannot take it.
pub fn end_of_key_set(app: &Arc<App>, writer: &mut Writer<'_>, key_set: KeyId) -> db::Result<u64> {
    let index = Arc::clone(&app.index);
    writer.after_commit(move || index.invalidate_all());
    store::end_of_key_set(writer, key_set, EndReason::KeyRevoked, app.now())
}

/// How many sessions of each key set are alive.
///
/// # Errors
/// When the database cannot be read.
pub fn count_by_key_set(reader: &mut Reader<'_>, now: Timestamp) -> db::Result<Vec<(KeyId, i64)>> {
    store::count_by_key_set(reader, now)
}

/// Ends the account's sessions inside the caller's transaction, except `keep`; the ids of those that were alive.
///
/// # Errors
/// When the database cannot take it.
pub fn end_all(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    account: i64,
    keep: Option<Id>,
    reason: EndReason,
) -> Result<Vec<Id>> {
    let mut ended = store::list_live_ids(writer, account, app.now())?;
    ended.retain(|id| Some(*id) != keep);
    // Those too that have expired by themselves, so that no clock that is set back brings one to life again.
    for id in store::list_open(writer, account)?.into_iter().filter(|id| Some(*id) != keep) {
        end(app, writer, id, account, reason)?;
    }
    Ok(ended)
}

/// Carries the caller's own session over to its account's new epoch.
///
/// # Errors
/// When the database cannot take it.
pub fn carry_over(app: &Arc<App>, writer: &mut Writer<'_>, actor: &Actor, epoch: i64) -> Result<()> {
    store::update_epoch(writer, actor.session, actor.account, epoch)?;
    invalidate(app, writer, actor.session);
    Ok(())
}

pub(super) fn end(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    id: Id,
    account: i64,
    reason: EndReason,
) -> Result<bool> {
    let ended = store::end(writer, id, account, reason, app.now())?;
    invalidate(app, writer, id);
    Ok(ended)
}

pub(super) fn invalidate(app: &Arc<App>, writer: &mut Writer<'_>, id: Id) {
    let index = Arc::clone(&app.index);
    writer.after_commit(move || index.invalidate_session(id));
}

/// An account's sessions, newest first: those that are good, or those that ended in the last 30 days.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    app: &Arc<App>,
    account: i64,
    standing: Standing,
    page: PageRequest,
) -> Result<Page<ListedSession>> {
    let now = app.now();
    let asked = Asked { account, standing, now, since: now.minus(KEPT) };
    app.db
        .read(move |reader| {
            let rows = store::list(reader, &asked, page.after.as_ref(), i64::from(page.limit) + 1)?;
            let total = page.total.then(|| store::count(reader, &asked)).transpose()?;
            let position =
                |row: &ListedSession| Position { sort: SortValue::Text(row.id.to_string()), key: 0 };
            Ok(Page::cut(rows, page.limit, total, position))
        })
        .await
}

/// How many sessions of all accounts are alive.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_live(app: &Arc<App>) -> Result<i64> {
    let now = app.now();
    app.db.scan(move |reader| Ok(store::count_live_of_all(reader, now)?)).await
}

/// Removes at most `chunk` sessions that ended more than 30 days ago; the number removed.
///
/// # Errors
/// When the database cannot take it.
pub async fn sweep(app: &Arc<App>, chunk: u32) -> Result<u64> {
    let before = app.now().minus(KEPT);
    app.db.sweep(move |writer| Ok(store::delete_old(writer, before, chunk)?)).await
}
