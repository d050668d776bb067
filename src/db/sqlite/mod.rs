//! The embedded engine: one file, many readers, one writer thread that commits waiting jobs together.

pub mod backup;
mod connection;
mod scans;
#[cfg(test)]
pub(super) mod tests;
mod writer;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use super::connection::Connection;
use super::engine::{Engine, Notice};
use super::job::{Job, Kind, Ran};
use super::migrate::{self, Step};
use super::{EngineReport, EngineSetting, Error, Freshness, Load, Preparation, Result, StepState, ValueRef};
use crate::base::Timestamp;
use connection::SqliteConnection;
use scans::ScanThreads;
use writer::WriterThread;

/// The schema's steps.
const STEPS: &[Step] = &[Step {
    number: 1,
    name: "foundation",
    sql: include_str!("../../../migrations/sqlite/0001_foundation.sql"),
}];

/// Settings that matter, and their values that are not safe.
const SETTINGS: &[(&str, &[(&str, &str)])] = &[
    ("journal_mode", NO_JOURNAL_AHEAD),
    ("synchronous", &[("0 (OFF)", LOST_WRITES), ("1 (NORMAL)", LOST_WRITES)]),
    ("foreign_keys", &[("0", "rows may lose what they belong to; it must be 1")]),
    ("page_size", &[]),
    ("page_count", &[]),
    ("freelist_count", &[]),
];
const NO_JOURNAL_AHEAD: &[(&str, &str)] = &[
    ("delete", OTHER_JOURNAL),
    ("truncate", OTHER_JOURNAL),
    ("persist", OTHER_JOURNAL),
    ("memory", OTHER_JOURNAL),
    ("off", OTHER_JOURNAL),
];
const OTHER_JOURNAL: &str =
    "readers and writers keep each other out; the server sets it to wal when it starts";
const LOST_WRITES: &str = "a power cut may take acknowledged writes; it must be 2 (FULL)";

/// How many idle reading connections are kept.
const IDLE_READERS: usize = 16;
/// How long a wide read waits for its turn.
const SCAN_PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Sqlite {
    path: PathBuf,
    readers: ArrayQueue<SqliteConnection>,
    scans: ScanThreads,
    writer: WriterThread,
    notice: Arc<OnceLock<Notice>>,
    patience: Duration,
}

impl Sqlite {
    /// Opens the file. Where its schema is to be prepared it is made when missing, readable by its owner only.
    pub(super) fn open(
        path: PathBuf,
        preparation: Preparation,
        now: Timestamp,
        patience: Duration,
    ) -> Result<Self, String> {
        let failed =
            |error: Error| format!("The database {} cannot be opened: {}.", path.display(), error.text());
        let makes = matches!(preparation, Preparation::Migrate | Preparation::Reset);
        if makes {
            connection::create_private(&path)
                .map_err(|error| format!("The database {} cannot be made: {error}.", path.display()))?;
        } else if let Ok(false) = path.try_exists() {
            return Err(format!(
                "There is no database {} (database.url, data.dir). Give this command the server's own configuration; the \
                 server makes a database when it starts.",
                path.display()
            ));
        }
        let mut connection = SqliteConnection::open_writer(&path).map_err(failed)?;
        if makes {
            connection.keep_a_journal_ahead().map_err(failed)?;
        }
        let holder = migrate::holder(now);
        match preparation {
            Preparation::Migrate => migrate::migrate(&mut connection, STEPS, &holder, now).map_err(failed)?,
            Preparation::Reset => migrate::reset(&mut connection, STEPS, &holder, now).map_err(failed)?,
            Preparation::Done => migrate::expect_done(&mut connection, STEPS).map(|()| 0).map_err(failed)?,
            Preparation::None => 0,
        };
        let notice = Arc::new(OnceLock::<Notice>::new());
        let threads = |error: std::io::Error| format!("The database's threads cannot be started: {error}.");
        let writer = WriterThread::start(connection, path.clone(), Arc::clone(&notice)).map_err(threads)?;
        let scans = ScanThreads::start(&path).map_err(threads)?;
        Ok(Self { path, readers: ArrayQueue::new(IDLE_READERS), scans, writer, notice, patience })
    }

    fn read(&self, read: &mut dyn FnMut(&mut dyn Connection) -> Ran) -> Result<Ran> {
        let mut connection = match self.readers.pop() {
            Some(connection) => connection,
            None => SqliteConnection::open_reader(&self.path)?,
        };
        let ran = read(&mut connection);
        if connection.healthy() && !matches!(ran, Ran::Panicked) {
            // A full rack of idle connections closes this one.
            self.readers.push(connection).ok();
        }
        Ok(ran)
    }
}

impl Engine for Sqlite {
    fn submit(&self, kind: Kind, job: Box<dyn Job>) -> Result<()> {
        match kind {
            // A read that was handed in all the same finds its place among the wide ones.
            Kind::Read | Kind::Scan => self.scans.submit(job),
            Kind::Write | Kind::Sweep => self.writer.submit(job),
        }
    }

    fn read_here(&self, read: &mut dyn FnMut(&mut dyn Connection) -> Ran) -> Option<Result<Ran>> {
        Some(self.read(read))
    }

    fn patience(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Read | Kind::Write | Kind::Sweep => self.patience,
            Kind::Scan => SCAN_PATIENCE,
        }
    }

    fn time_query(&self) -> Option<&'static str> {
        None
    }

    fn freshness(&self) -> Freshness {
        Freshness::UntilNoticed
    }

    fn on_foreign_change(&self, notice: Notice) {
        assert!(self.notice.set(notice).is_ok(), "the wiring sets one notice");
    }

    fn load(&self) -> Load {
        Load {
            engine: "SQLite",
            pools: vec![self.writer.load(), self.scans.load()],
            batches: Some(self.writer.batches()),
        }
    }

    fn report(&self) -> Result<EngineReport> {
        // Most settings belong to a connection: those of the one that writes are told.
        let mut connection = SqliteConnection::open_writer(&self.path)?;
        let mut settings = Vec::new();
        for (name, dangers) in SETTINGS {
            // Pragmas take no parameters; the names stand above.
            connection.query(&format!("PRAGMA {name}"), &[], &mut |row| {
                let value = match row.value(0)? {
                    ValueRef::Int(number) if *name == "synchronous" => synchronous(number),
                    ValueRef::Int(number) => number.to_string(),
                    ValueRef::Text(text) => text.to_owned(),
                    other => format!("{other:?}"),
                };
                settings.push(EngineSetting::judged(name, value, dangers));
                Ok(())
            })?;
        }
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
            sizes: vec![("file", size("")), ("journal", size("-wal"))],
        })
    }

    fn schema(&self) -> Result<Vec<StepState>> {
        let mut connection = SqliteConnection::open_reader(&self.path)?;
        migrate::state(&mut connection, STEPS)
    }

    fn close(&self, patience: Duration) {
        while self.readers.pop().is_some() {}
        self.scans.close();
        self.writer.close(patience);
    }
}

/// With the word that SQLite's documentation has for it (<https://sqlite.org/pragma.html#pragma_synchronous>).
fn synchronous(number: i64) -> String {
    let word = match number {
        0 => "OFF",
        1 => "NORMAL",
        2 => "FULL",
        3 => "EXTRA",
        _ => "unknown",
    };
    format!("{number} ({word})")
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close(Duration::from_secs(5));
    }
}
