//! A seam over a database of its own, with few connections and a short deadline.

use std::time::Duration;

use portcullis::base::{self, Clock, Id, SystemClock, SystemRandomness};
use portcullis::config::{Config, Database};
use portcullis::db::{Db, Preparation, Reader, Settings, Writer};
use portcullis::wiring::WRITE_PATIENCE;

use crate::support::{Server, TestDatabase, database_server};

/// A database on the server that the tests use.
pub struct Place {
    pub server: Server,
    pub database: TestDatabase,
}

impl Place {
    /// `None`, and a word about it, when there is no server to test with.
    pub fn new() -> Option<Self> {
        let Some(server) = database_server() else {
            eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
            return None;
        };
        Some(Self { server, database: TestDatabase::new(server) })
    }

    /// One connection, and a deadline in milliseconds.
    pub fn one_worker(&self, deadline: u64) -> Db {
        self.start(|settings| {
            settings.workers = 1;
            settings.queue = 4;
            settings.deadline = Duration::from_millis(deadline);
        })
    }

    pub fn start(&self, change: impl FnOnce(&mut Database)) -> Db {
        self.try_start(change).unwrap()
    }

    pub fn try_start(&self, change: impl FnOnce(&mut Database)) -> Result<Db, String> {
        let mut database = Database { url: self.database.url().into(), ..Config::default().database };
        change(&mut database);
        open(&database)
    }

    pub fn is_mariadb(&self) -> bool {
        matches!(self.server, Server::MariaDb(_))
    }

    /// One of two texts.
    pub fn either(&self, mariadb: &'static str, postgres: &'static str) -> &'static str {
        if self.is_mariadb() { mariadb } else { postgres }
    }

    /// Host and port of the server.
    pub fn address(&self) -> &'static str {
        let (Server::MariaDb(url) | Server::Postgres(url)) = self.server;
        url.rsplit_once('@').unwrap().1
    }

    pub async fn connection_id(&self, db: &Db) -> base::Result<i64> {
        let sql = self.either("SELECT CONNECTION_ID()", "SELECT pg_backend_pid()");
        db.read(move |reader| Ok(reader.number(sql, &[])?)).await
    }

    /// Ends a connection as an administrator of the server would.
    pub fn kill(&self, connection: i64) {
        kill(self.server, connection);
    }

    pub async fn count(&self, db: &Db) -> i64 {
        db.read(count).await.unwrap()
    }
}

pub fn kill(server: Server, connection: i64) {
    server.run(&match server {
        Server::MariaDb(_) => format!("KILL {connection}"),
        Server::Postgres(_) => format!("SELECT pg_terminate_backend({connection})"),
    });
}

/// Opens a database as it is.
pub fn open(database: &Database) -> Result<Db, String> {
    let folder = tempfile::tempdir().unwrap();
    let now = SystemClock.now();
    let settings = Settings { database, folder: folder.path(), now, patience: WRITE_PATIENCE };
    Db::open(settings, Preparation::None)
}

/// Adds an account of this name.
pub fn insert(writer: &mut Writer<'_>, name: &str) -> base::Result<i64> {
    let id = Id::new(&SystemClock, &SystemRandomness);
    let key = writer.first(
        "INSERT INTO accounts (public_id, username, username_key, role, status, epoch, version, created_at, updated_at)
         VALUES (?, ?, ?, 'user', 'active', 0, 1, 1, 1) RETURNING id",
        &[id.into(), name.into(), name.into()],
        |row| row.get(0),
    )?;
    Ok(key.unwrap())
}

pub fn count(reader: &mut Reader<'_>) -> base::Result<i64> {
    Ok(reader.number("SELECT COUNT(*) FROM accounts", &[])?)
}

/// The technical reason of a refusal, which only the log sees.
pub fn cause<T: std::fmt::Debug>(result: base::Result<T>) -> String {
    result.unwrap_err().cause().unwrap_or_default().to_owned()
}

/// Whether a call was answered 503.
pub fn unavailable<T>(result: &base::Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.code().name == "database.unavailable")
}
