//! The right to migrate where the engine has no lock that ends with its holder: one row with an end.

use std::time::Duration;

use crate::db::connection::Connection;
use crate::db::{Error, Result};

/// The table of the lease.
pub(in crate::db) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_lease (
    id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(200) NOT NULL, ends_at BIGINT NOT NULL)";

/// Puts the one row there, held by nobody, unless it stands.
pub(in crate::db) fn prepare(connection: &mut dyn Connection) -> Result<()> {
    let insert = "INSERT INTO schema_lease (id, holder, ends_at) \
                  SELECT 1, '', 0 FROM (SELECT 1 AS one) AS seed \
                  WHERE NOT EXISTS (SELECT 1 FROM schema_lease)";
    match connection.execute(insert, &[]) {
        // Another process put it there in the same moment.
        Ok(_) | Err(Error::Constraint(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes or renews the lease by the server's clock, given as an SQL expression in milliseconds; whether nobody else
/// has it.
pub(in crate::db) fn take(
    connection: &mut dyn Connection,
    holder: &str,
    clock: &str,
    length: Duration,
) -> Result<bool> {
    let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    let take = format!(
        "UPDATE schema_lease SET holder = ?, ends_at = {clock} + ? WHERE holder = ? OR ends_at <= {clock}"
    );
    Ok(connection.execute(&take, &[holder.into(), length.into(), holder.into()])? == 1)
}

/// Gives the lease back.
pub(in crate::db) fn give_back(connection: &mut dyn Connection, holder: &str) -> Result<()> {
    let sql = "UPDATE schema_lease SET holder = '', ends_at = 0 WHERE holder = ?";
    connection.execute(sql, &[holder.into()]).map(drop)
}
