//! The one seam between asynchronous HTTP and synchronous SQL (see `docs/adr/0001-storage.md`).
//!
//! `db.read(|r| …).await` and `db.write(|w| …).await` take a closure that runs to its end. A transaction is a closure:
//! it cannot stay open across the network or be lost with a dropped future. Closures are `Fn`, because they run again
//! after a deadlock, a lost connection or a broken batch; they return data, and name their effects with
//! [`Writer::after_commit`]. Nothing outside this module knows which engine runs.

mod connection;
mod constraint;
mod engine;
mod error;
mod job;
mod load;
mod location;
mod mariadb;
mod migrate;
mod network;
mod placeholders;
mod postgres;
mod sqlite;
mod ticket;
mod value;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use connection::{Reader, Row, Writer};
pub use error::{Error, OnConstraint, Result};
pub use load::{Load, PoolLoad};
pub use location::Place;
pub use migrate::StepState;
pub use sqlite::backup;
pub use value::{FromValue, Value, ValueRef};

use crate::base::{self, Timestamp, codes};
use crate::config;
use engine::Engine;
use job::{Kind, Work};
use location::Location;
use mariadb::MariaDb;
use network::Network;
use postgres::Postgres;
use sqlite::Sqlite;

/// The database, whichever engine holds it. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Arc<dyn Engine>,
}

/// What it takes to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The section `database` of the configuration.
    pub database: &'a config::Database,
    /// The folder of a file that the configuration leaves unnamed.
    pub folder: &'a Path,
    /// The time that steps of the schema are recorded with.
    pub now: Timestamp,
    /// How long a write to an SQLite file may wait before it is begun; after that the caller gets 503. A server's jobs
    /// have `database.deadline`.
    pub patience: Duration,
}

/// What is done to the schema before work begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preparation {
    /// Missing steps are run.
    Migrate,
    /// Every table is dropped with everything in it, and made anew.
    Reset,
    /// Nothing; every step must have been done, and none that is newer than this program.
    Done,
    /// Nothing: the database is opened as it is, and must be there.
    None,
}

/// How long what was read may be remembered and believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Until [`Db::on_foreign_change`] speaks: every change is seen.
    UntilNoticed,
    /// For this long: others may change the database without a word.
    For(Duration),
}

/// What an operator may know of the database.
#[derive(Debug, Clone, serde::Serialize)]
pub struct EngineReport {
    /// The engine's name, such as `SQLite`.
    pub engine: &'static str,
    /// The engine's own version.
    pub version: String,
    /// Where the data stands.
    pub location: String,
    /// Settings that matter.
    pub settings: Vec<EngineSetting>,
    /// What takes how many bytes.
    pub sizes: Vec<(&'static str, u64)>,
}

/// A setting of an engine that matters to us.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EngineSetting {
    /// Its name, as the engine has it.
    pub name: &'static str,
    /// Its value, as the engine has it, with a word for a bare number.
    pub value: String,
    /// What may happen with this value, and which one is safe; `None` while it is.
    pub danger: Option<&'static str>,
}

impl EngineSetting {
    /// A setting that is dangerous with some values.
    fn judged(name: &'static str, value: String, dangers: &[(&str, &'static str)]) -> Self {
        let danger = dangers.iter().find(|(dangerous, _)| *dangerous == value).map(|(_, words)| *words);
        Self { name, value, danger }
    }
}

/// Reads everything that the section `database` names, without going to a server.
///
/// # Errors
/// A sentence that names the setting: a URL or a file that cannot be read, or settings that do not go together.
pub fn check(settings: &config::Database, folder: &Path) -> Result<(), String> {
    match Location::read(settings, folder)? {
        Location::File(_) => Ok(()),
        // The authorities are read alike for both.
        Location::MariaDb(server) | Location::Postgres(server) => Postgres::new(&server).map(drop),
    }
}

/// Where the configuration says that rows are, and how safe the way there is.
///
/// # Errors
/// As [`check`].
pub fn place(settings: &config::Database, folder: &Path) -> Result<Place, String> {
    Ok(Location::read(settings, folder)?.into_place())
}

/// The file that the configuration names.
///
/// # Errors
/// A sentence that names `database.url`: it cannot be read, or names a server.
pub fn file_of(settings: &config::Database, folder: &Path) -> Result<PathBuf, String> {
    match Location::read(settings, folder)? {
        Location::File(path) => Ok(path),
        Location::MariaDb(_) | Location::Postgres(_) => {
            Err("database.url names a server; this needs a file (sqlite:).".into())
        }
    }
}

/// Why the database takes no work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady {
    /// In our own words, which anybody may read.
    pub reason: String,
    /// The same with the words of the engine, for the log.
    pub cause: String,
}

impl NotReady {
    fn new(error: &base::Error) -> Self {
        let cause = error.cause().unwrap_or(error.detail());
        let ours = cause.split_once(": ").map_or(cause, |(ours, _)| ours);
        let reason =
            if error.code().name == codes::DATABASE_UNAVAILABLE.name { ours } else { error.detail() };
        Self { reason: reason.to_owned(), cause: cause.to_owned() }
    }
}

impl Db {
    /// Opens the database and prepares its schema. Blocks until it is done; while another process prepares the schema,
    /// it waits for that.
    ///
    /// # Errors
    /// A sentence for the operator: a setting is wrong, the database cannot be reached or opened, a migration failed, or
    /// the schema is newer than this program.
    pub fn open(settings: Settings<'_>, preparation: Preparation) -> Result<Self, String> {
        let Settings { database, folder, now, patience } = settings;
        let engine: Arc<dyn Engine> = match Location::read(database, folder)? {
            Location::File(path) => Arc::new(Sqlite::open(path, preparation, now, patience)?),
            Location::MariaDb(server) => {
                Arc::new(Network::open(MariaDb::new(&server), database, preparation, now)?)
            }
            Location::Postgres(server) => {
                Arc::new(Network::open(Postgres::new(&server)?, database, preparation, now)?)
            }
        };
        Ok(Self { engine })
    }

    /// Opens a file of SQLite as it is, whichever database is configured.
    ///
    /// # Errors
    /// A sentence for the operator: the file cannot be opened.
    pub fn open_file(path: &Path, now: Timestamp, patience: Duration) -> Result<Self, String> {
        let sqlite = Sqlite::open(path.to_owned(), Preparation::None, now, patience)?;
        Ok(Self { engine: Arc::new(sqlite) })
    }

    /// Runs a short, indexed read. Every statement sees what was committed before it began.
    ///
    /// # Errors
    /// What the closure answers, or `database.unavailable`.
    pub async fn read<T, F>(&self, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> base::Result<T> + Send + 'static,
    {
        let closure = move |writer: &mut Writer<'_>| closure(writer);
        {
            let mut work = Work::new(&closure);
            if let Some(ran) = self.engine.read_here(&mut |connection| work.run(connection)) {
                return work.conclude(ran?.into_outcome());
            }
        }
        self.run(Kind::Read, closure).await
    }

    /// Runs a wide read (a search, an export, a count) where it cannot hold up short ones, for at most 30 seconds. All
    /// its statements see one state of the database.
    ///
    /// # Errors
    /// What the closure answers, or `database.unavailable` when all places are taken.
    pub async fn scan<T, F>(&self, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> base::Result<T> + Send + 'static,
    {
        self.run(Kind::Scan, move |writer| closure(writer)).await
    }

    /// Runs a transaction. An answer means that it is committed and its effects have been applied. Once begun it runs to
    /// its end, even if the caller's future is dropped. A statement that failed dooms it on every engine.
    ///
    /// # Errors
    /// What the closure answers (nothing is kept then), `database.full`, or `database.unavailable`: the queue is too long,
    /// the server away, or nobody knows whether the commit took place.
    pub async fn write<T, F>(&self, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        self.run(Kind::Write, closure).await
    }

    /// Runs a transaction of many statements that nobody is in a hurry for, such as the removal of old rows: as
    /// [`Self::write`], with the time of a [`Self::scan`].
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn sweep<T, F>(&self, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        self.run(Kind::Sweep, closure).await
    }

    async fn run<T, F>(&self, kind: Kind, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        let (job, waiting) = job::awaited(closure);
        self.engine.submit(kind, job)?;
        waiting.answer(self.engine.patience(kind)).await
    }

    /// Hands in a transaction that nobody waits for, such as a mark. `false`: it could not be taken and was dropped.
    pub fn post<F>(&self, closure: F) -> bool
    where
        F: Fn(&mut Writer<'_>) -> base::Result<()> + Send + 'static,
    {
        self.engine.submit(Kind::Write, job::posted(closure)).is_ok()
    }

    /// Whether other nodes may work on the same database: they do on a server.
    pub fn shared(&self) -> bool {
        self.engine.time_query().is_some()
    }

    /// The time of day as the database server has it; `None` where there is no server.
    ///
    /// # Errors
    /// `database.unavailable`.
    pub async fn time(&self) -> base::Result<Option<Timestamp>> {
        let Some(query) = self.engine.time_query() else { return Ok(None) };
        let millis = self.read(move |reader| Ok(reader.number(query, &[])?)).await?;
        Ok(Some(Timestamp::from_millis(millis)))
    }

    /// How long what was read may be remembered and believed.
    pub fn freshness(&self) -> Freshness {
        self.engine.freshness()
    }

    /// Calls `notice` whenever another process has changed the database (within 250 ms of its commit), where
    /// [`Self::freshness`] promises that.
    pub fn on_foreign_change(&self, notice: impl Fn() + Send + Sync + 'static) {
        self.engine.on_foreign_change(Box::new(notice));
    }

    /// Whether the database takes work now, with the reason when not. Asks for a change of no row: that finds out what a
    /// read would not, such as a server that has become read-only, and costs no disk anything.
    ///
    /// # Errors
    /// Why not.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let probe = self.write(|writer| {
            writer.execute("UPDATE schema_steps SET number = number WHERE number < 0", &[])?;
            Ok(())
        });
        probe.await.map_err(|error| NotReady::new(&error))
    }

    /// How much work there is just now.
    pub fn load(&self) -> Load {
        self.engine.load()
    }

    /// What `portcullis db status` shows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn report(&self) -> base::Result<EngineReport> {
        Ok(self.engine.report()?)
    }

    /// The steps of the schema, known and done.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn schema(&self) -> base::Result<Vec<StepState>> {
        Ok(self.engine.schema()?)
    }

    /// Finishes what waits, writes a journal back into its file and closes. Later calls answer 503.
    pub fn close(&self, patience: Duration) {
        self.engine.close(patience);
    }
}
