//! SQL of audit events.

use super::Event;
use super::model::{EventFilter, Recorded};
use crate::base::{Id, Position, SortValue, Timestamp};
use crate::db::{Reader, Result, Row, Value, Writer};

pub(super) fn insert(writer: &mut Writer<'_>, id: Id, at: Timestamp, event: &Event) -> Result<()> {
    let ip = event.ip.map(|ip| ip.to_string());
    let detail = event.detail.to_string();
    writer.execute(
        "INSERT INTO audit_events (public_id, at, kind, actor_id, account_id, ip, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
        &[
            id.into(),
            at.into(),
            event.kind.as_str().into(),
            event.actor.into(),
            event.account.into(),
            ip.as_ref().into(),
            (&detail).into(),
        ],
    )?;
    Ok(())
}

/// Up to `limit` events behind a place, newest first.
pub(super) fn list(
    reader: &mut Reader<'_>,
    filter: &EventFilter,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Recorded>> {
    let (mut statement, mut values) =
        select("id, public_id, at, kind, actor_id, account_id, ip, detail", filter);
    if let Some(Position { sort: SortValue::Number(at), key }) = after {
        statement += " AND at <= ? AND (at < ? OR id < ?)";
        values.extend([*at, *at, *key].map(Value::from));
    }
    statement += " ORDER BY at DESC, id DESC LIMIT ?";
    values.push(limit.into());
    let read = |row: &dyn Row| {
        Ok(Recorded {
            key: row.get(0)?,
            id: row.get(1)?,
            at: row.get(2)?,
            kind: row.get(3)?,
            actor: row.get(4)?,
            account: row.get(5)?,
            ip: row.get(6)?,
            detail: row.get(7)?,
        })
    };
    reader.list(&statement, &values, read)
}

/// How many events match.
pub(super) fn count(reader: &mut Reader<'_>, filter: &EventFilter) -> Result<i64> {
    let (statement, values) = select("COUNT(*)", filter);
    reader.number(&statement, &values)
}

fn select<'a>(columns: &str, filter: &'a EventFilter) -> (String, Vec<Value<'a>>) {
    let mut statement = format!("SELECT {columns} FROM audit_events WHERE at >= ?");
    let mut values = vec![filter.since.map_or(0, Timestamp::millis).into()];
    if let Some(until) = filter.until {
        statement += " AND at < ?";
        values.push(until.into());
    }
    if let Some(account) = filter.account {
        statement += " AND account_id = ?";
        values.push(account.into());
    }
    if let Some(kind) = &filter.kind {
        statement += " AND kind = ?";
        values.push(kind.into());
    }
    (statement, values)
}

/// Removes at most `chunk` events from before `before`.
pub(super) fn delete_old(writer: &mut Writer<'_>, before: Timestamp, chunk: u32) -> Result<u64> {
    let keys: Vec<i64> = writer.list(
        "SELECT id FROM audit_events WHERE at < ? ORDER BY at LIMIT ?",
        &[before.into(), i64::from(chunk).into()],
        |row| row.get(0),
    )?;
    let mut removed = 0;
    for key in keys {
        removed += writer.execute("DELETE FROM audit_events WHERE id = ?", &[key.into()])?;
    }
    Ok(removed)
}
