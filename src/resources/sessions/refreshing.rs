//! How a refresh token becomes the next pair.

use std::sync::Arc;

use serde_json::json;

use super::counters::Decision;
use super::model::{Begun, EndReason, Session, TokenPair};
use super::service::{end, ended_event, invalidate, issue, session_ended};
use super::store;
use crate::app::App;
use crate::base::{Error, Id, Origin, Result, SessionKind, codes};
use crate::db::Writer;
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::security::{Door, KeySet, RefreshToken};

/// How often a refresh reads again when somebody else was faster.
const ATTEMPTS: usize = 5;

/// How a refresh ended; refusals too are committed, because they may end the session.
enum Refreshed {
    Pair { account: Id, begun: Begun, counter: u64 },
    Refused(Error),
}

/// Turns a refresh token into the next pair, by the rules of [`super::counters`].
///
/// # Errors
/// `auth.invalid_refresh_token`, `auth.session_ended` with the reason, or `limits.too_many_requests`.
pub(super) async fn refresh(app: &Arc<App>, token: &str, origin: Origin) -> Result<TokenPair> {
    guard::admit(app, Door::Refresh, &origin)?;
    app.key_keeper.ensure().await?;
    let token =
        RefreshToken::open(token, &app.keys).ok_or_else(|| Error::new(&codes::INVALID_REFRESH_TOKEN))?;
    let shared = Arc::clone(app);
    let refreshed = app.db.write(move |writer| {
        let mut keys = shared.keys.current();
        for _ in 0..ATTEMPTS {
            if let Some(done) = try_refresh(&shared, writer, token, &keys, &origin)? {
                return Ok(done);
            }
            keys = shared.key_keeper.current_in(writer)?;
        }
        Err(Error::new(&codes::DATABASE_UNAVAILABLE)
            .with_cause("a session changed faster than it could be refreshed"))
    });
    match refreshed.await? {
        Refreshed::Pair { account, begun, counter } => issue(app, account, begun, counter),
        Refreshed::Refused(error) => Err(error),
    }
}

/// One attempt; `None` when the row changed between reading and writing, or the key set that signs.
fn try_refresh(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    token: RefreshToken,
    keys: &KeySet,
    origin: &Origin,
) -> Result<Option<Refreshed>> {
    let now = app.now();
    let refused = |error: Error| Ok(Some(Refreshed::Refused(error)));
    let Some(session) = store::find(writer, token.session)? else {
        return refused(Error::new(&codes::INVALID_REFRESH_TOKEN));
    };
    if session.kind != SessionKind::Rotating {
        return refused(Error::new(&codes::INVALID_REFRESH_TOKEN));
    }
    if let Some(reason) = session.ended(now) {
        return refused(session_ended(&reason));
    }
    let pair = |counter, idle_expires_at| Refreshed::Pair {
        account: session.account.id,
        begun: Begun { id: session.id, idle_expires_at, key_set: keys.id },
        counter,
    };
    match session.counters.decide(token.counter, now) {
        Decision::Unknown => refused(Error::new(&codes::INVALID_REFRESH_TOKEN)),
        Decision::Repeat => {
            if session.key_set != keys.id && !store::update_key_set(writer, session.id, keys.id)? {
                return Ok(None);
            }
            note_repetition(app, writer, &session, origin)?;
            Ok(Some(pair(session.counters.current, session.idle_expires_at)))
        }
        Decision::Reuse => {
            end(app, writer, session.id, session.account.key, EndReason::Reuse)?;
            audit::record(
                app,
                writer,
                &ended_event(session.account.id, session.id, EndReason::Reuse, origin),
            )?;
            refused(session_ended(EndReason::Reuse.as_str()))
        }
        decision @ (Decision::Rotate | Decision::Recover) => {
            let after = session.counters.after(decision, now);
            let idle_expires_at = now.plus(app.config.sessions.idle_lifetime).min(session.expires_at);
            if !store::update_counters(writer, &session, &after, keys.id, idle_expires_at, origin.address)? {
                return Ok(None);
            }
            if decision == Decision::Recover {
                let event = Event::own(EventKind::SessionRecovered, session.account.id, origin);
                let skipped = session.counters.current;
                audit::record(
                    app,
                    writer,
                    &event.with(json!({ "session": session.id, "skipped": skipped })),
                )?;
            }
            invalidate(app, writer, session.id);
            Ok(Some(pair(after.current, idle_expires_at)))
        }
    }
}

/// The same token again, to another address than the one that rotated: harmless for a phone that changes networks, and
/// worth showing.
fn note_repetition(app: &App, writer: &mut Writer<'_>, session: &Session, origin: &Origin) -> Result<()> {
    let address = origin.address.to_string();
    let known = [&session.rotated_ip, &session.repeated_ip].into_iter().flatten().any(|ip| *ip == address);
    if !known {
        store::update_repeated_ip(writer, session.id, origin.address)?;
        let event = Event::own(EventKind::SessionRepeatedElsewhere, session.account.id, origin);
        audit::record(app, writer, &event.with(json!({ "session": session.id })))?;
    }
    Ok(())
}
