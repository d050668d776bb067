//! SQL of audit events.

use super::Event;
use crate::base::{Id, Timestamp};
use crate::db::{Result, Writer};

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
