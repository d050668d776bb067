//! All sessions of an account that are kept, with how they stand, for operators.

use serde::Serialize;

use crate::base::{Id, Result, Timestamp};
use crate::db::{Reader, Row};

/// A session as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct SessionOverview {
    /// Its id.
    pub id: Id,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it ended; `None` while it is alive, and when it has run out.
    pub ended_at: Option<Timestamp>,
    /// Why it is not alive; `None` while it is.
    pub end_reason: Option<String>,
    /// Where it was begun.
    pub ip: String,
    /// With which program.
    pub user_agent: String,
}

/// Every session of the account, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn overview(reader: &mut Reader<'_>, account: i64, now: Timestamp) -> Result<Vec<SessionOverview>> {
    let read = |row: &dyn Row| {
        let (idle_expires_at, expires_at): (Timestamp, Timestamp) = (row.get(3)?, row.get(4)?);
        let ran_out = [(expires_at, "expired"), (idle_expires_at, "idle")];
        let ran_out = ran_out.into_iter().find(|(at, _)| *at <= now).map(|(_, reason)| reason.to_owned());
        Ok(SessionOverview {
            id: row.get(0)?,
            created_at: row.get(1)?,
            last_used_at: row.get(2)?,
            expires_at,
            ended_at: row.get(5)?,
            end_reason: row.get::<Option<String>>(6)?.or(ran_out),
            ip: row.get(7)?,
            user_agent: row.get(8)?,
        })
    };
    Ok(reader.list(
        "SELECT id, created_at, last_used_at, idle_expires_at, expires_at, ended_at, end_reason, ip, user_agent
         FROM sessions WHERE account_id = ? ORDER BY created_at DESC, id DESC",
        &[account.into()],
        read,
    )?)
}
