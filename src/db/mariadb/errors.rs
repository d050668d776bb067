//! What MariaDB's errors mean (<https://mariadb.com/kb/en/mariadb-error-codes/>).

use mysql_async::{DriverError, Error as DriverFailure, ServerError};

use crate::db::network::{Health, Trouble};
use crate::db::{Error, constraint};

pub(super) fn explain(error: DriverFailure) -> Trouble {
    let text = error.to_string();
    let (error, health) = match error {
        DriverFailure::Server(answer) => from_server(&answer, text),
        DriverFailure::Io(_) | DriverFailure::Driver(DriverError::ConnectionClosed) => {
            (Error::Unavailable(text), Health::Closed)
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
        // Shutdown, killed, closed for idling, out of connections.
        1053 | 1927 | 4031 | 1040 => (Error::Unavailable(text), Health::Closed),
        // Access denied: to the server, to the database.
        1045 | 1698 | 1044 => {
            let advice = "check user and password in database.url (or database.password_file), and that the user has \
                          been granted the database";
            (Error::Unavailable(format!("{text}; {advice}")), Health::Unusable)
        }
        1049 => {
            let advice = "create the database first, or name another one in database.url";
            (Error::Unavailable(format!("{text}; {advice}")), Health::Unusable)
        }
        // Query interrupted, time limit, node not ready, read-only server: another connection may differ. Host refused.
        1317 | 1969 | 1047 | 1290 | 1792 | 1836 | 1129 | 1130 => (Error::Unavailable(text), Health::Unusable),
        // Disk or table full.
        1021 | 1114 => (Error::Full(text), Health::Good),
        _ => (Error::Internal(text), Health::Good),
    }
}
