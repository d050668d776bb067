//! The embedded engine: one file, many readers, one writer thread that commits waiting jobs together.

pub mod backup;
mod connection;
#[cfg(test)]
mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use tokio::sync::Semaphore;

use super::connection::{Connection, Reader, Writer};
use super::migrate::{Migrations, Step, StepState};
use super::{EngineReport, Error};
use crate::base::{self, Timestamp};
use connection::SqliteConnection;
use writer::WriterThread;

/// The schema's steps.
pub const MIGRATIONS: Migrations = Migrations(&[Step {
    number: 1,
    name: "foundation",
    sql: include_str!("../../../migrations/sqlite/0001_foundation.sql"),
}]);

/// How many idle reading connections are kept.
const IDLE_READERS: usize = 16;
/// How many wide reads run at once.
const SCANS: usize = 2;
/// How long a wide read waits for its turn.
const SCAN_PATIENCE: Duration = Duration::from_secs(1);

/// What an SQLite database needs to be opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database file; made when missing, readable by its owner only.
    pub path: PathBuf,
    /// The time that migrations are recorded with.
    pub now: Timestamp,
    /// How long a write may wait before it is begun; after that the caller gets 503.
    pub patience: Duration,
    /// Whether to bring the schema up to date; without, the database is opened as it is.
    pub migrate: bool,
}

type Notice = Box<dyn Fn() + Send + Sync>;

pub(super) struct Sqlite {
    path: PathBuf,
    readers: ArrayQueue<SqliteConnection>,
    scans: Semaphore,
    writer: WriterThread,
    notice: Arc<OnceLock<Notice>>,
}

impl Sqlite {
    pub(super) fn open(settings: Settings) -> Result<Self, String> {
        let Settings { path, now, patience, migrate } = settings;
        let failed = |error: Error| format!("The database {} cannot be opened: {error}.", path.display());
        connection::create_private(&path)
            .map_err(|error| format!("The database {} cannot be made: {error}.", path.display()))?;
        let mut connection = SqliteConnection::open_writer(&path).map_err(failed)?;
        if migrate {
            MIGRATIONS.run(&mut connection, now)?;
        }
        let notice = Arc::new(OnceLock::<Notice>::new());
        let writer = WriterThread::start(connection, path.clone(), patience, Arc::clone(&notice))
            .map_err(|error| format!("The database's writer thread cannot be started: {error}."))?;
        Ok(Self {
            path,
            readers: ArrayQueue::new(IDLE_READERS),
            scans: Semaphore::new(SCANS),
            writer,
            notice,
        })
    }

    pub(super) fn read<T>(&self, job: impl Fn(&mut Reader<'_>) -> base::Result<T>) -> base::Result<T> {
        let mut connection = match self.readers.pop() {
            Some(connection) => connection,
            None => SqliteConnection::open_reader(&self.path)?,
        };
        let result = job(&mut Reader::new(&mut connection));
        if connection.healthy() {
            // A full rack of idle connections closes this one.
            self.readers.push(connection).ok();
        }
        result
    }

    pub(super) async fn scan<T, F>(engine: &Arc<Self>, job: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> base::Result<T> + Send + 'static,
    {
        let turn = tokio::time::timeout(SCAN_PATIENCE, engine.scans.acquire()).await;
        let Ok(Ok(_permit)) = turn else {
            return Err(Error::Unavailable("all places for wide reads were taken".into()).into());
        };
        let engine = Arc::clone(engine);
        let snapshot = move || {
            engine.read(|reader| {
                reader.first("BEGIN", &[], |_| Ok(()))?;
                let result = job(reader);
                reader.first("COMMIT", &[], |_| Ok(()))?;
                result
            })
        };
        tokio::task::spawn_blocking(snapshot).await.map_err(base::Error::internal)?
    }

    pub(super) async fn write<T, F>(&self, job: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        self.writer.submit(job).await
    }

    pub(super) fn post<F>(&self, job: F) -> bool
    where
        F: Fn(&mut Writer<'_>) -> base::Result<()> + Send + 'static,
    {
        self.writer.post(job)
    }

    pub(super) fn on_foreign_change(&self, notice: Notice) {
        assert!(self.notice.set(notice).is_ok(), "the wiring sets one notice");
    }

    pub(super) fn ready(&self) -> Result<(), String> {
        if !self.writer.alive() {
            return Err("the database's writer thread has ended".into());
        }
        self.read(|reader| Ok(reader.number("SELECT 1", &[])?)).map(|_| ()).map_err(|error| error.to_string())
    }

    pub(super) fn report(&self) -> base::Result<EngineReport> {
        let pragmas =
            ["journal_mode", "synchronous", "foreign_keys", "page_size", "page_count", "freelist_count"];
        let settings = self.read(|reader| {
            let mut settings = Vec::new();
            for name in pragmas {
                // Pragmas take no parameters; the names stand above.
                let value = reader.first(&format!("PRAGMA {name}"), &[], |row| {
                    Ok(match row.value(0)? {
                        super::ValueRef::Int(number) => number.to_string(),
                        super::ValueRef::Text(text) => text.to_owned(),
                        other => format!("{other:?}"),
                    })
                })?;
                settings.push((name, value.unwrap_or_default()));
            }
            Ok(settings)
        })?;
        let size = |suffix: &str| {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            std::fs::metadata(path).map_or(0, |data| data.len())
        };
        Ok(EngineReport {
            engine: "SQLite",
            version: rusqlite::version().to_owned(),
            location: self.path.display().to_string(),
            settings,
            size_bytes: size("") + size("-wal"),
        })
    }

    pub(super) fn schema(&self) -> base::Result<Vec<StepState>> {
        // Not a reading one: before the first migration the table of steps is made by the look at it.
        let mut connection = SqliteConnection::open_writer(&self.path)?;
        Ok(MIGRATIONS.state(&mut connection)?)
    }

    pub(super) fn close(&self, patience: Duration) {
        while self.readers.pop().is_some() {}
        self.writer.close(patience);
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close(Duration::from_secs(5));
    }
}

/// Runs a statement whose answer does not matter.
fn run(connection: &mut SqliteConnection, sql: &str) -> super::Result<()> {
    connection.query(sql, &[], &mut |_| Ok(()))
}
