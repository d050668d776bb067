//! SQL of sessions.

use std::net::IpAddr;

use super::counters::Counters;
use super::model::{EndReason, ListedSession, Owner, Session, Standing};
use crate::base::{Id, Origin, Position, SessionKind, SortValue, Timestamp};
use crate::db::{Error, Reader, Result, Value, Writer};
use crate::security::KeyId;

/// What a new session's row says.
pub(super) struct NewSession<'a> {
    pub id: Id,
    pub account: i64,
    pub account_epoch: i64,
    pub kind: SessionKind,
    pub key_set: KeyId,
    pub now: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    pub origin: &'a Origin,
}

/// Inserts the session if the account still is what was verified, and the key set still the one that signs; the number of
/// rows, 0 or 1.
pub(super) fn insert(writer: &mut Writer<'_>, new: &NewSession<'_>) -> Result<u64> {
    let (ip, key_set) = (new.origin.address.to_string(), new.key_set.to_string());
    writer.execute(
        "INSERT INTO sessions (id, account_id, kind, key_set, epoch, current_counter, created_at, last_used_at,
                               idle_expires_at, expires_at, ip, user_agent)
         SELECT ?, id, ?, ?, epoch, 0, ?, ?, ?, ?, ?, ? FROM accounts
         WHERE id = ? AND epoch = ? AND deleted_at IS NULL
           AND (status = 'active' OR status = 'disabled' AND disabled_until <= ?)
           AND EXISTS (SELECT 1 FROM key_sets k WHERE k.id = ? AND k.state = 'current')",
        &[
            new.id.into(),
            new.kind.as_str().into(),
            (&key_set).into(),
            new.now.into(),
            new.now.into(),
            new.idle_expires_at.into(),
            new.expires_at.into(),
            (&ip).into(),
            (&new.origin.user_agent).into(),
            new.account.into(),
            new.account_epoch.into(),
            new.now.into(),
            (&key_set).into(),
        ],
    )
}

pub(super) fn find(reader: &mut Reader<'_>, id: Id) -> Result<Option<Session>> {
    reader.first(
        "SELECT s.kind, s.epoch, s.current_counter, s.previous_counter, s.rotated_at, s.confirmed_at, s.rotated_ip,
                s.repeated_ip, s.last_used_at, s.idle_expires_at, s.expires_at, s.end_reason,
                a.id, a.public_id, a.role, a.status, a.disabled_until, a.epoch, a.deleted_at IS NOT NULL, s.key_set
         FROM sessions s JOIN accounts a ON a.id = s.account_id
         WHERE s.id = ?",
        &[id.into()],
        |row| {
            Ok(Session {
                id,
                kind: row.word(0)?,
                epoch: row.get(1)?,
                counters: Counters {
                    current: counter(row.get(2)?)?,
                    previous: row.get::<Option<i64>>(3)?.map(counter).transpose()?,
                    rotated_at: row.get(4)?,
                    confirmed_at: row.get(5)?,
                },
                rotated_ip: row.get(6)?,
                repeated_ip: row.get(7)?,
                last_used_at: row.get(8)?,
                idle_expires_at: row.get(9)?,
                expires_at: row.get(10)?,
                end_reason: row.get(11)?,
                key_set: row.word(19)?,
                account: Owner {
                    key: row.get(12)?,
                    id: row.get(13)?,
                    role: row.word(14)?,
                    status: row.word(15)?,
                    disabled_until: row.get(16)?,
                    epoch: row.get(17)?,
                    deleted: row.get(18)?,
                },
            })
        },
    )
}

/// Moves the counter, and the session to this key set, if the row still is what was read and the set the one that signs;
/// whether they were.
pub(super) fn update_counters(
    writer: &mut Writer<'_>,
    session: &Session,
    after: &Counters,
    key_set: KeyId,
    idle_expires_at: Timestamp,
    address: IpAddr,
) -> Result<bool> {
    let before = &session.counters;
    let (ip, key_set) = (address.to_string(), key_set.to_string());
    let matched = writer.execute(
        "UPDATE sessions
         SET current_counter = ?, previous_counter = ?, rotated_at = ?, rotated_ip = ?, confirmed_at = NULL,
             repeated_ip = NULL, idle_expires_at = ?, last_used_at = ?, key_set = ?
         WHERE id = ? AND current_counter = ? AND COALESCE(previous_counter, -1) = ?
           AND COALESCE(confirmed_at, -1) = ? AND ended_at IS NULL AND epoch = ?
           AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = account_id AND a.epoch = sessions.epoch
                       AND (a.status = 'active' OR a.status = 'disabled' AND a.disabled_until <= ?)
                       AND a.deleted_at IS NULL)
           AND EXISTS (SELECT 1 FROM key_sets k WHERE k.id = ? AND k.state = 'current')",
        &[
            number(after.current).into(),
            after.previous.map(number).into(),
            after.rotated_at.into(),
            (&ip).into(),
            idle_expires_at.into(),
            after.rotated_at.into(),
            (&key_set).into(),
            session.id.into(),
            number(before.current).into(),
            before.previous.map_or(-1, number).into(),
            before.confirmed_at.map_or(-1, Timestamp::millis).into(),
            session.epoch.into(),
            after.rotated_at.into(),
            (&key_set).into(),
        ],
    )?;
    Ok(matched == 1)
}

/// Moves a session whose counter stays to the set that signs; whether it could be.
pub(super) fn update_key_set(writer: &mut Writer<'_>, id: Id, key_set: KeyId) -> Result<bool> {
    let key_set = key_set.to_string();
    let matched = writer.execute(
        "UPDATE sessions SET key_set = ? WHERE id = ? AND ended_at IS NULL
           AND EXISTS (SELECT 1 FROM key_sets k WHERE k.id = ? AND k.state = 'current')",
        &[(&key_set).into(), id.into(), (&key_set).into()],
    )?;
    Ok(matched == 1)
}

pub(super) fn update_repeated_ip(writer: &mut Writer<'_>, id: Id, address: IpAddr) -> Result<()> {
    let ip = address.to_string();
    writer.execute("UPDATE sessions SET repeated_ip = ? WHERE id = ?", &[(&ip).into(), id.into()])?;
    Ok(())
}

/// Notes that the access token of this counter has been used.
pub(super) fn update_confirmed(writer: &mut Writer<'_>, id: Id, counter: u64, now: Timestamp) -> Result<()> {
    writer.execute(
        "UPDATE sessions SET confirmed_at = ? WHERE id = ? AND current_counter = ? AND confirmed_at IS NULL",
        &[now.into(), id.into(), number(counter).into()],
    )?;
    Ok(())
}

pub(super) fn update_last_used(writer: &mut Writer<'_>, id: Id, now: Timestamp) -> Result<()> {
    writer.execute(
        "UPDATE sessions SET last_used_at = ? WHERE id = ? AND last_used_at < ?",
        &[now.into(), id.into(), now.into()],
    )?;
    Ok(())
}

/// Notes a use that keeps the session alive.
pub(super) fn update_prolonged(
    writer: &mut Writer<'_>,
    id: Id,
    idle_expires_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    writer.execute(
        "UPDATE sessions SET last_used_at = ?, idle_expires_at = ?
         WHERE id = ? AND last_used_at < ? AND ended_at IS NULL",
        &[now.into(), idle_expires_at.into(), id.into(), now.into()],
    )?;
    Ok(())
}

/// Gives the session the account's new epoch, so that it outlives a password change that it made itself.
pub(super) fn update_epoch(writer: &mut Writer<'_>, id: Id, account: i64, epoch: i64) -> Result<u64> {
    writer.execute(
        "UPDATE sessions SET epoch = ? WHERE id = ? AND account_id = ? AND ended_at IS NULL",
        &[epoch.into(), id.into(), account.into()],
    )
}

/// Ends one session of the account; whether it was alive.
pub(super) fn end(
    writer: &mut Writer<'_>,
    id: Id,
    account: i64,
    reason: EndReason,
    now: Timestamp,
) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND account_id = ? AND ended_at IS NULL",
        &[now.into(), reason.as_str().into(), id.into(), account.into()],
    )?;
    Ok(matched == 1)
}

/// Ends every session of every account; how many were alive.
pub(super) fn end_all(writer: &mut Writer<'_>, reason: EndReason, now: Timestamp) -> Result<u64> {
    writer.execute(
        "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE ended_at IS NULL",
        &[now.into(), reason.as_str().into()],
    )
}

/// Ends every session whose tokens this key set seals; how many were alive.
pub(super) fn end_of_key_set(
    writer: &mut Writer<'_>,
    key_set: KeyId,
    reason: EndReason,
    now: Timestamp,
) -> Result<u64> {
    let key_set = key_set.to_string();
    writer.execute(
        "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE key_set = ? AND ended_at IS NULL",
        &[now.into(), reason.as_str().into(), (&key_set).into()],
    )
}

/// How many sessions of each key set are good at `now`.
pub(super) fn count_by_key_set(reader: &mut Reader<'_>, now: Timestamp) -> Result<Vec<(KeyId, i64)>> {
    reader.list(
        "SELECT key_set, COUNT(*) FROM sessions
         WHERE ended_at IS NULL AND idle_expires_at > ? AND expires_at > ? GROUP BY key_set",
        &[now.into(), now.into()],
        |row| Ok((row.word(0)?, row.get(1)?)),
    )
}

/// The ids of the account's sessions that nobody has ended, expired ones too, newest first.
pub(super) fn list_open(reader: &mut Reader<'_>, account: i64) -> Result<Vec<Id>> {
    reader.list(
        "SELECT id FROM sessions WHERE account_id = ? AND ended_at IS NULL ORDER BY created_at DESC, id DESC",
        &[account.into()],
        |row| row.get(0),
    )
}

/// The ids of the account's sessions that are good at `now`, newest first.
pub(super) fn list_live_ids(reader: &mut Reader<'_>, account: i64, now: Timestamp) -> Result<Vec<Id>> {
    reader.list(
        "SELECT id FROM sessions
         WHERE account_id = ? AND ended_at IS NULL AND idle_expires_at > ? AND expires_at > ?
         ORDER BY created_at DESC, id DESC",
        &[account.into(), now.into(), now.into()],
        |row| row.get(0),
    )
}

/// How many sessions of all accounts are good at `now`.
pub(super) fn count_live_of_all(reader: &mut Reader<'_>, now: Timestamp) -> Result<i64> {
    reader.number(
        "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND idle_expires_at > ? AND expires_at > ?",
        &[now.into(), now.into()],
    )
}

/// What holds for the account's sessions that are good at a moment, and for those that ended between two moments.
macro_rules! whose {
    (live) => {
        " FROM sessions WHERE account_id = ? AND ended_at IS NULL AND idle_expires_at > ? AND expires_at > ?"
    };
    (ended) => {
        " FROM sessions WHERE account_id = ?
          AND (ended_at > ? OR (ended_at IS NULL AND idle_expires_at <= ? AND idle_expires_at > ?))"
    };
}

/// Which of an account's sessions are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub account: i64,
    pub standing: Standing,
    pub now: Timestamp,
    /// Since when those must have ended that have.
    pub since: Timestamp,
}

impl Asked {
    fn values(&self) -> Vec<Value<'static>> {
        let Self { account, standing, now, since } = *self;
        match standing {
            Standing::Live => vec![account.into(), now.into(), now.into()],
            Standing::Ended => vec![account.into(), since.into(), now.into(), since.into()],
        }
    }
}

/// How many sessions these are.
pub(super) fn count(reader: &mut Reader<'_>, asked: &Asked) -> Result<i64> {
    let statement = match asked.standing {
        Standing::Live => concat!("SELECT COUNT(*)", whose!(live)),
        Standing::Ended => concat!("SELECT COUNT(*)", whose!(ended)),
    };
    reader.number(statement, &asked.values())
}

/// Up to `limit` of these sessions, newest first, behind a place.
pub(super) fn list(
    reader: &mut Reader<'_>,
    asked: &Asked,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<ListedSession>> {
    macro_rules! page {
        ($standing:ident) => {
            concat!(
                "SELECT id, created_at, last_used_at, expires_at, ip, user_agent, repeated_ip, idle_expires_at, \
                 ended_at, end_reason",
                whose!($standing),
                " AND id < ? ORDER BY id DESC LIMIT ?"
            )
        };
    }
    let statement = match asked.standing {
        Standing::Live => page!(live),
        Standing::Ended => page!(ended),
    };
    // Ids are UUIDv7: behind an id means made before it.
    let last = Id::from_bytes([0xff; 16]);
    let before = match after {
        Some(Position { sort: SortValue::Text(id), .. }) => id.parse().unwrap_or(last),
        _ => last,
    };
    let mut values = asked.values();
    values.push(before.into());
    values.push(limit.into());
    reader.list(statement, &values, |row| {
        Ok(ListedSession {
            id: row.get(0)?,
            created_at: row.get(1)?,
            last_used_at: row.get(2)?,
            expires_at: row.get(3)?,
            ip: row.get(4)?,
            user_agent: row.get(5)?,
            repeated_ip: row.get(6)?,
            idle_expires_at: row.get(7)?,
            ended_at: row.get(8)?,
            end_reason: row.get(9)?,
        })
    })
}

/// Removes at most `chunk` sessions that ended, or could no longer be refreshed, before `before`.
pub(super) fn delete_old(writer: &mut Writer<'_>, before: Timestamp, chunk: u32) -> Result<u64> {
    let chunk = Value::Int(chunk.into());
    let ended = "SELECT id FROM sessions WHERE ended_at IS NOT NULL AND ended_at < ? LIMIT ?";
    let idle = "SELECT id FROM sessions WHERE idle_expires_at < ? LIMIT ?";
    let mut removed = 0;
    for statement in [ended, idle] {
        let ids: Vec<Id> = writer.list(statement, &[before.into(), chunk], |row| row.get(0))?;
        for id in ids {
            removed += writer.execute("DELETE FROM sessions WHERE id = ?", &[id.into()])?;
        }
    }
    Ok(removed)
}

pub(super) fn delete_of_account(writer: &mut Writer<'_>, account: i64, chunk: u32) -> Result<u64> {
    let ids: Vec<Id> = writer.list(
        "SELECT id FROM sessions WHERE account_id = ? LIMIT ?",
        &[account.into(), i64::from(chunk).into()],
        |row| row.get(0),
    )?;
    let mut removed = 0;
    for id in ids {
        removed += writer.execute("DELETE FROM sessions WHERE id = ?", &[id.into()])?;
    }
    Ok(removed)
}

fn counter(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::Internal(format!("the refresh counter {number} is negative")))
}

fn number(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}
