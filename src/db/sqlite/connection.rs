//! One SQLite connection, its settings, and what its errors mean.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{Null, ValueRef as Cell};
use rusqlite::{ErrorCode, OpenFlags, Statement};

use crate::base::Stopwatch;
use crate::db::connection::{Connection, Row};
use crate::db::migrate::{Target, lease};
use crate::db::value::{Value, ValueRef};
use crate::db::{Error, Result, constraint};

/// How many prepared statements a connection keeps.
const CACHED_STATEMENTS: usize = 128;
/// How long others who open the file at the same time may be in the way.
const OPENING: Duration = Duration::from_secs(5);
/// How many instructions SQLite runs between two looks at the time.
const INSTRUCTIONS: i32 = 10_000;
/// How long a holder of the right to migrate that died keeps others waiting. One that lives holds the write lock besides.
const LEASE: Duration = Duration::from_secs(10);

pub(super) struct SqliteConnection {
    inner: rusqlite::Connection,
    healthy: bool,
}

/// Makes an empty database file that only its owner can read; SQLite gives its journal the same mode.
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(|_| ())
}

impl SqliteConnection {
    /// A connection that writes. `synchronous=FULL`: what is acknowledged survives a power cut.
    pub(super) fn open_writer(path: &Path) -> Result<Self> {
        Self::open(
            path,
            "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000; PRAGMA cache_size=-8192;
             PRAGMA wal_autocheckpoint=4000; PRAGMA temp_store=MEMORY;",
        )
    }

    /// Journals ahead from now on (WAL). The mode is a property of the file. Of two processes that open a new one together, SQLite tells one at once that
    /// the file is locked, whatever its timeout says.
    pub(super) fn keep_a_journal_ahead(&mut self) -> Result<()> {
        let waited = Stopwatch::start();
        loop {
            match self.inner.execute_batch("PRAGMA journal_mode=WAL") {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && waited.elapsed() < OPENING =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                result => return self.noted(result),
            }
        }
    }

    /// A connection that only reads.
    pub(super) fn open_reader(path: &Path) -> Result<Self> {
        Self::open(path, "PRAGMA query_only=ON; PRAGMA busy_timeout=1000; PRAGMA cache_size=-4096;")
    }

    fn open(path: &Path, pragmas: &str) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let inner = rusqlite::Connection::open_with_flags(path, flags).map_err(|error| translate(&error))?;
        inner.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        // Without this promise SQLite compiles a statement anew whenever a bound LIMIT or key differs from the last one.
        inner
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|error| translate(&error))?;
        inner.execute_batch(pragmas).map_err(|error| translate(&error))?;
        Ok(Self { inner, healthy: true })
    }

    /// `false` once an input or output error was seen: such a connection is not used again.
    pub(super) fn healthy(&self) -> bool {
        self.healthy && self.inner.is_autocommit()
    }

    /// Whether no transaction is open. A full disk or an interrupt can end one behind our back.
    pub(super) fn is_autocommit(&self) -> bool {
        self.inner.is_autocommit()
    }

    /// How many rows this connection has changed since it was opened.
    pub(super) fn total_changes(&self) -> u64 {
        self.inner.total_changes()
    }

    /// A number that changes when another connection commits (<https://sqlite.org/pragma.html#pragma_data_version>).
    pub(super) fn data_version(&mut self) -> Result<i64> {
        let mut version = 0;
        self.query("PRAGMA data_version", &[], &mut |row| {
            version = row.get(0)?;
            Ok(())
        })?;
        Ok(version)
    }

    /// Runs SQL as it stands, without values.
    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        let result = self.inner.execute_batch(sql);
        self.noted(result)
    }

    /// From now on, and until the next call, statements that run longer than `limit` altogether fail.
    pub(super) fn interrupt_after(&mut self, limit: Duration) -> Result<()> {
        let began = Stopwatch::start();
        let result = self.inner.progress_handler(INSTRUCTIONS, Some(move || began.elapsed() > limit));
        self.noted(result)
    }

    fn noted<T>(&mut self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|error| {
            if matches!(
                error.sqlite_error_code(),
                Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ) {
                self.healthy = false;
            }
            translate(&error)
        })
    }
}

impl Connection for SqliteConnection {
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        enum Stop {
            Engine(rusqlite::Error),
            Caller(Error),
        }
        let mut run = || {
            let mut statement = self.inner.prepare_cached(sql).map_err(Stop::Engine)?;
            bind(&mut statement, values).map_err(Stop::Engine)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(Stop::Engine)? {
                each(&SqliteRow(row)).map_err(Stop::Caller)?;
            }
            Ok(())
        };
        match run() {
            Ok(()) => Ok(()),
            Err(Stop::Caller(error)) => Err(error),
            Err(Stop::Engine(error)) => self.noted(Err(error)),
        }
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        let run = || {
            let mut statement = self.inner.prepare_cached(sql)?;
            bind(&mut statement, values)?;
            statement.raw_execute()
        };
        let result = run();
        self.noted(result).map(|matched| matched as u64)
    }
}

impl Target for SqliteConnection {
    fn is_prepared(&mut self) -> Result<bool> {
        let mut found = false;
        self.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_steps'", &[], &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    fn prepare(&mut self) -> Result<()> {
        self.batch(
            "CREATE TABLE IF NOT EXISTS schema_steps (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, statements_done INTEGER NOT NULL DEFAULT 0,
                checksum TEXT NOT NULL, started_at INTEGER NOT NULL, done_at INTEGER) STRICT",
        )?;
        self.batch(lease::TABLE)?;
        lease::prepare(self)
    }

    fn lock(&mut self, holder: &str) -> Result<bool> {
        lease::take(self, holder, "CAST(unixepoch('subsec') * 1000 AS INTEGER)", LEASE)
    }

    fn unlock(&mut self, holder: &str) -> Result<()> {
        lease::give_back(self, holder)
    }

    fn run(&mut self, statement: &str) -> Result<()> {
        self.batch(statement)
    }

    fn ddl_rolls_back(&self) -> bool {
        true
    }
}

fn bind(statement: &mut Statement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    for (index, value) in values.iter().enumerate() {
        let place = index + 1;
        match *value {
            Value::Null => statement.raw_bind_parameter(place, Null),
            Value::Int(number) => statement.raw_bind_parameter(place, number),
            Value::Text(text) => statement.raw_bind_parameter(place, text),
            Value::Blob(bytes) => statement.raw_bind_parameter(place, bytes),
            Value::Id(id) => statement.raw_bind_parameter(place, id.as_bytes().as_slice()),
        }?;
    }
    Ok(())
}

struct SqliteRow<'a>(&'a rusqlite::Row<'a>);

impl Row for SqliteRow<'_> {
    fn value(&self, column: usize) -> Result<ValueRef<'_>> {
        Ok(match self.0.get_ref(column).map_err(|error| translate(&error))? {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Int(number),
            Cell::Text(bytes) => ValueRef::Text(
                std::str::from_utf8(bytes)
                    .map_err(|_| Error::Internal(format!("column {column} is not UTF-8")))?,
            ),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
            Cell::Real(number) => {
                return Err(Error::Internal(format!("column {column} holds the fraction {number}")));
            }
        })
    }
}

fn translate(error: &rusqlite::Error) -> Error {
    let text = error.to_string();
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return Error::Internal(text);
    };
    match failure.code {
        ErrorCode::ConstraintViolation => message
            .as_deref()
            .and_then(constraint::from_sqlite)
            .map_or(Error::Internal(text), Error::Constraint),
        ErrorCode::DiskFull => Error::Full(text),
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::OperationInterrupted
        | ErrorCode::ReadOnly
        | ErrorCode::SystemIoFailure
        | ErrorCode::FileLockingProtocolFailed
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory => Error::Unavailable(text),
        _ => Error::Internal(text),
    }
}
