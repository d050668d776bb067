//! What MariaDB's errors mean (<https://mariadb.com/kb/en/mariadb-error-codes/>).

use mysql_async::{DriverError, Error as DriverFailure, ServerError};

use crate::db::network::{Health, Trouble, untrusted};
use crate::db::{Error, constraint};

pub(super) fn explain(error: DriverFailure) -> Trouble {
    if let Some(error) = untrusted(&error) {
        return Trouble { error, health: Health::Unusable };
    }
    let text = error.to_string();
    let (error, health) = match error {
        DriverFailure::Server(answer) => from_server(&answer, text),
        DriverFailure::Io(_) | DriverFailure::Driver(DriverError::ConnectionClosed) => {
            (unavailable("the database server cannot be reached or hung up", &text), Health::Closed)
        }
        _ => (Error::Internal(text), Health::Unusable),
    };
    Trouble { error, health }
}

fn from_server(answer: &ServerError, text: String) -> (Error, Health) {
    if let Some(name) = constraint::from_mariadb(answer.code, &answer.message) {
        return (Error::Constraint(name), Health::Good);
    }
    match answer.code {
        // Lock wait timeout, deadlock (also a failed Galera certification), changed since last read.
        1205 | 1213 | 1020 => (Error::Conflict(text), Health::Good),
        // Shutdown, killed, closed for idling, aborted, broken off.
        1053 | 1077 | 1079 | 1152 | 1158..=1161 | 1184 | 1927 | 4031 => {
            (unavailable("the database server closed the connection", &text), Health::Closed)
        }
        // For all, for one user, for one user by its own limits.
        1040 | 1203 | 1226 => {
            (unavailable("the database server has no connection free", &text), Health::Closed)
        }
        // Access denied: to the server, to the database.
        1045 | 1698 | 1044 => {
            let advice = "check user and password in database.url (or database.password_file), and that the user has \
                          been granted the database";
            (
                unavailable("the database server does not let us in", &format!("{text}; {advice}")),
                Health::Unusable,
            )
        }
        // Host blocked, host not allowed.
        1129 | 1130 => (unavailable("the database server does not let us in", &text), Health::Unusable),
        1049 => {
            let advice = "create the database first, or name another one in database.url";
            (unavailable("the database is not there", &format!("{text}; {advice}")), Health::Unusable)
        }
        // Interrupted, time limit.
        1317 | 1969 => (unavailable("the database server broke a statement off", &text), Health::Unusable),
        // A node outside its cluster; errors of the storage, while reading or committing; out of memory, too many prepared
        // statements, a statement to be prepared anew.
        1047 | 1030 | 1180 | 1296 | 1297 | 1037 | 1041 | 1461 | 1615 => {
            (unavailable("the database server cannot work at the moment", &text), Health::Unusable)
        }
        // Another connection may lead to another server.
        1290 | 1792 | 1836 => (unavailable("the database server is read-only", &text), Health::Unusable),
        // Disk or table full.
        1021 | 1114 => (Error::Full(text), Health::Good),
        _ => (Error::Internal(text), Health::Good),
    }
}

fn unavailable(ours: &str, theirs: &str) -> Error {
    Error::Unavailable(format!("{ours}: {theirs}"))
}
