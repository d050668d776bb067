//! What PostgreSQL's errors mean (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).

use std::error::Error as _;
use std::io;

use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::db::Error;
use crate::db::network::{Health, Trouble, untrusted};

/// What two transactions in each other's way are told.
const CONFLICTS: [SqlState; 3] =
    [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE, SqlState::LOCK_NOT_AVAILABLE];

#[expect(clippy::needless_pass_by_value, reason = "the errors of both drivers are explained the same way")]
pub(super) fn explain(error: tokio_postgres::Error) -> Trouble {
    let text = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    if let Some(answer) = error.as_db_error() {
        return from_server(answer, text);
    }
    if let Some(error) = untrusted(&error) {
        return Trouble { error, health: Health::Unusable };
    }
    if error.source().is_some_and(|source| source.to_string() == "password missing") {
        let advice = "it asks for a password, and there is none; write one into a file and name that in \
                      database.password_file, or put it into database.url";
        let error = unavailable("the database server does not let us in", advice);
        return Trouble { error, health: Health::Unusable };
    }
    let hung_up = error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<io::Error>);
    if hung_up {
        let error = unavailable("the database server cannot be reached or hung up", &text);
        Trouble { error, health: Health::Closed }
    } else {
        Trouble { error: Error::Internal(text), health: Health::Unusable }
    }
}

fn from_server(answer: &DbError, text: String) -> Trouble {
    let code = answer.code();
    let class = &code.code()[..2];
    // Another process has changed the tables under a prepared statement; a new connection prepares it anew.
    let stale = answer.routine() == Some("RevalidateCachedQuery");
    let error = match answer.constraint() {
        Some(name) if class == "23" => Error::Constraint(name.into()),
        _ if CONFLICTS.contains(code) => Error::Conflict(text),
        _ if *code == SqlState::DISK_FULL => Error::Full(text),
        _ if *code == SqlState::TOO_MANY_CONNECTIONS => {
            unavailable("the database server has no connection free", &text)
        }
        _ if *code == SqlState::READ_ONLY_SQL_TRANSACTION => {
            unavailable("the database server is read-only", &text)
        }
        _ if *code == SqlState::QUERY_CANCELED => {
            unavailable("the database server broke a statement off", &text)
        }
        _ if class == "28" => {
            let advice = "check user and password in database.url (or database.password_file)";
            unavailable("the database server does not let us in", &format!("{text}; {advice}"))
        }
        _ if class == "3D" => {
            let advice = "create the database first, or name another one in database.url";
            unavailable("the database is not there", &format!("{text}; {advice}"))
        }
        // 08 connection, 53 resources such as memory, 57 operator (shutdown, start), 58 disk, XX broken data.
        _ if stale || ["08", "53", "57", "58", "XX"].contains(&class) => {
            unavailable("the database server cannot work at the moment", &text)
        }
        _ => Error::Internal(text),
    };
    let fatal = matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let health = if fatal || stale {
        Health::Closed
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        Health::Unusable
    } else {
        Health::Good
    };
    Trouble { error, health }
}

fn unavailable(ours: &str, theirs: &str) -> Error {
    Error::Unavailable(format!("{ours}: {theirs}"))
}
