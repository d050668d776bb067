//! What operators do with key sets. Each change is one transaction with everything that follows from it; the new set's
//! secrets are safe before it, and a revoked set's are destroyed after it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::base::{Error, Result, Timestamp, codes};
use crate::db::Writer;
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::sessions;
use crate::security::key_sets::{self, KeyRow, NewKeySet};
use crate::security::{KeyId, KeyState};

/// For how long a previous set verifies at least.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// For how long after a revocation a sign-in may still commit that began before it.
const STRAGGLERS: Duration = Duration::from_hours(2);

/// A key set as operators see it.
#[derive(Debug)]
pub struct Listed {
    /// What the database knows.
    pub row: KeyRow,
    /// How many sessions are alive whose tokens it seals.
    pub live_sessions: i64,
}

/// What a rotation did.
#[derive(Debug)]
pub struct Rotated {
    /// The set that signs now.
    pub current: KeyId,
    /// When it was made, and published.
    pub published_at: Timestamp,
    /// The set that signed before.
    pub previous: KeyId,
    /// The set that is published for the next rotation.
    pub next: KeyId,
}

/// What a revocation did.
#[derive(Debug)]
pub struct Revoked {
    /// How many sessions it ended.
    pub ended_sessions: u64,
    /// The set that signs now, when it was the current one that was revoked.
    pub promoted: Option<KeyId>,
    /// Why a file with secrets is still there, if it is.
    pub not_destroyed: Option<String>,
}

/// Every key set, oldest first.
///
/// # Errors
/// A sentence: the database cannot be read.
pub async fn list(app: &Arc<App>) -> Result<Vec<Listed>, String> {
    let now = app.now();
    let read = app.db.scan(move |reader| {
        let live: HashMap<_, _> = sessions::count_by_key_set(reader, now)?.into_iter().collect();
        let listed = |row: KeyRow| {
            let live_sessions = live.get(&row.id).copied().unwrap_or_default();
            Listed { row, live_sessions }
        };
        Ok(key_sets::list(reader)?.into_iter().map(listed).collect())
    });
    read.await.map_err(|error| sentence(&error))
}

/// The next set signs from now on, and the current one verifies only. Nobody is signed out.
///
/// # Errors
/// A sentence: this is not the place of the secrets, somebody else was faster, or the database cannot take it.
pub async fn rotate(app: &Arc<App>) -> Result<Rotated, String> {
    let rows = app.key_keeper.rows().await?;
    app.key_keeper.may_make(&rows)?;
    app.key_keeper.ensure().await.map_err(|error| sentence(&error))?;
    let (current, next) = (in_slot(&rows, KeyState::Current)?, in_slot(&rows, KeyState::Next)?);
    must_be_here(app, next.id)?;
    let (current, next, published_at) = (current.id, next.id, next.created_at);
    let made = app.key_keeper.prepare(app.now())?;
    let rotated = Rotated { current: next, published_at, previous: current, next: made.id };
    let (shared, set) = (Arc::clone(app), made.clone());
    let done = app.db.write(move |writer| {
        key_sets::retire(writer, current, shared.now())?;
        key_sets::promote(writer, next)?;
        key_sets::insert(writer, &set, KeyState::Next)?;
        let detail = json!({ "current": next, "previous": current, "next": set.id });
        audit::record(&shared, writer, &Event::of_server(EventKind::KeyRotated).with(detail))?;
        noticed(&shared, writer);
        Ok(())
    });
    match done.await {
        Ok(()) => Ok(rotated),
        Err(error) => Err(undone(app, &made, &error).await),
    }
}

/// Ends everything that a set has signed, at once; its secrets are destroyed. When it is the one that signs, the next one
/// signs from then on.
///
/// # Errors
/// A sentence: there is no such set, this is not the place of the secrets that must follow, somebody else was faster, or
/// the database cannot take it.
pub async fn revoke(app: &Arc<App>, id: KeyId) -> Result<Revoked, String> {
    // What is missing may be just what is to be revoked; where it matters, it is asked for below.
    app.key_keeper.ensure().await.ok();
    let rows = app.key_keeper.rows().await?;
    let row = rows.iter().find(|row| row.id == id);
    let state = row
        .map(|row| row.state)
        .ok_or_else(|| format!("The database knows no key set {id}. See them with: portcullis key list"))?;
    if state == KeyState::Revoked {
        let not_destroyed = app.key_keeper.destroy(id).err();
        return Ok(Revoked { ended_sessions: 0, promoted: None, not_destroyed });
    }
    let follows = matches!(state, KeyState::Current | KeyState::Next);
    let mut promoted = None;
    if follows {
        app.key_keeper.may_make(&rows)?;
    }
    if state == KeyState::Current {
        let next = in_slot(&rows, KeyState::Next)?.id;
        must_be_here(app, next)?;
        promoted = Some(next);
    }
    let made = if follows { Some(app.key_keeper.prepare(app.now())?) } else { None };
    let (shared, set) = (Arc::clone(app), made.clone());
    let done = app.db.sweep(move |writer| {
        key_sets::revoke(writer, id, state, shared.now())?;
        if let Some(next) = promoted {
            key_sets::promote(writer, next)?;
        }
        if let Some(set) = &set {
            key_sets::insert(writer, set, KeyState::Next)?;
        }
        let ended = sessions::end_of_key_set(&shared, writer, id)?;
        let detail = json!({ "key_set": id, "was": state.as_str(), "sessions": ended, "current": promoted });
        audit::record(&shared, writer, &Event::of_server(EventKind::KeyRevoked).with(detail))?;
        noticed(&shared, writer);
        Ok(ended)
    });
    match (done.await, made) {
        (Ok(ended_sessions), _) => {
            Ok(Revoked { ended_sessions, promoted, not_destroyed: app.key_keeper.destroy(id).err() })
        }
        (Err(error), Some(made)) => Err(undone(app, &made, &error).await),
        (Err(error), None) => Err(sentence(&error)),
    }
}

/// Removes previous sets whose tokens have all expired, and ends sessions that began while their set was being revoked.
///
/// # Errors
/// When the database cannot take it; what was done stays done.
pub async fn sweep(app: &Arc<App>) -> Result<()> {
    let settings = &app.config;
    let kept = KEPT.max(settings.sessions.idle_lifetime).max(settings.tokens.access_lifetime);
    let (retired, revoked) = (app.now().minus(kept), app.now().minus(STRAGGLERS));
    let rows = app.db.read(|reader| Ok(key_sets::list(reader)?)).await?;
    for row in rows {
        let id = row.id;
        if row.revoked_at.is_some_and(|at| at > revoked) {
            let shared = Arc::clone(app);
            app.db.sweep(move |writer| Ok(sessions::end_of_key_set(&shared, writer, id)?)).await?;
        }
        if row.state == KeyState::Previous && row.retired_at.is_some_and(|at| at <= retired) {
            remove(app, id).await?;
        }
    }
    Ok(())
}

/// Removes a previous set, unless a live session still keeps a token of it.
async fn remove(app: &Arc<App>, id: KeyId) -> Result<()> {
    let (shared, now) = (Arc::clone(app), app.now());
    let removed = app.db.sweep(move |writer| {
        let used = sessions::count_by_key_set(writer, now)?.iter().any(|(set, _)| *set == id);
        noticed(&shared, writer);
        Ok(!used && key_sets::delete_previous(writer, id)?)
    });
    if removed.await? {
        match app.key_keeper.destroy(id) {
            Ok(_) => tracing::info!("the previous key set {id} has had its time and is removed"),
            Err(why) => tracing::warn!("{why}"),
        }
    }
    Ok(())
}

/// What this process remembers of keys is read anew.
fn noticed(app: &Arc<App>, writer: &mut Writer<'_>) {
    // The effect may outlive everybody else who holds the keeper, and with it the database whose thread it runs on.
    let keeper = Arc::downgrade(&app.key_keeper);
    writer.after_commit(move || {
        if let Some(keeper) = keeper.upgrade() {
            keeper.invalidate();
        }
    });
}

fn in_slot(rows: &[KeyRow], state: KeyState) -> Result<&KeyRow, String> {
    let row = rows.iter().find(|row| row.state == state);
    row.ok_or_else(|| format!("There is no {} key set; start the server, which makes it.", state.as_str()))
}

fn must_be_here(app: &App, next: KeyId) -> Result<(), String> {
    if app.keys.find(next).is_some() {
        return Ok(());
    }
    Err(format!(
        "The next key set {next} would sign from then on, and its secrets are not here. Run this on the data folder of the \
         server (--data-dir) that has {next}.json, or put the file back; if it is lost, run: portcullis key revoke {next}"
    ))
}

/// Clears up behind a change that did not come about, and says why. Where nobody knows whether it did, the file stays: one
/// without a row does no harm.
async fn undone(app: &Arc<App>, made: &NewKeySet, error: &Error) -> String {
    if let Ok(rows) = app.key_keeper.rows().await
        && !rows.iter().any(|row| row.id == made.id)
        && *error.code() != codes::DATABASE_UNAVAILABLE
        && let Err(why) = app.key_keeper.destroy(made.id)
    {
        return format!("{} {why}", sentence(error));
    }
    sentence(error)
}

fn sentence(error: &Error) -> String {
    if *error.code() == codes::STALE {
        return "Somebody else changed the key sets at this moment, and nothing was changed here. See them with: \
                portcullis key list"
            .into();
    }
    let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
    format!("The key sets were not changed: {}{cause}", error.detail())
}
