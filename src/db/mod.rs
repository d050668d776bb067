//! The one seam between asynchronous HTTP and synchronous SQL (see `docs/adr/0001-storage.md`).
//!
//! `db.read(|r| …).await` and `db.write(|w| …).await` take a closure that runs to its end. A transaction is a closure:
//! it cannot stay open across the network or be lost with a dropped future. Closures are `Fn`, because a broken batch
//! runs them again; they return data, and name their effects with [`Writer::after_commit`].

mod connection;
mod error;
pub mod migrate;
mod sqlite;
mod ticket;
mod value;

use std::sync::Arc;
use std::time::Duration;

pub use connection::{Reader, Row, Writer};
pub use error::{Error, OnConstraint, Result};
pub use migrate::{Migrations, StepState};
pub use sqlite::{Settings, backup};
pub use value::{FromValue, Value, ValueRef};

use crate::base;

/// The database, whichever engine holds it. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    engine: Arc<sqlite::Sqlite>,
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
    /// Settings that matter, name and value.
    pub settings: Vec<(&'static str, String)>,
    /// Bytes that the data takes.
    pub size_bytes: u64,
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// A sentence for the operator: the file cannot be opened, a migration failed, or the schema is newer than this
    /// program.
    pub fn open(settings: Settings) -> Result<Self, String> {
        Ok(Self { engine: Arc::new(sqlite::Sqlite::open(settings)?) })
    }

    /// Runs a short, indexed read. It sees one snapshot.
    ///
    /// # Errors
    /// What the closure answers, or `database.unavailable`.
    #[expect(
        clippy::unused_async,
        reason = "engines behind a network wait here; callers must not notice which one runs"
    )]
    pub async fn read<T, F>(&self, job: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> base::Result<T> + Send + 'static,
    {
        self.engine.read(job)
    }

    /// Runs a wide read (a search, an export, a count) where it cannot hold up short ones.
    ///
    /// # Errors
    /// What the closure answers, or `database.unavailable` when all places are taken.
    pub async fn scan<T, F>(&self, job: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Reader<'_>) -> base::Result<T> + Send + 'static,
    {
        sqlite::Sqlite::scan(&self.engine, job).await
    }

    /// Runs a transaction. An answer means that it is committed and its effects have been applied.
    ///
    /// # Errors
    /// What the closure answers (nothing is kept then), `database.unavailable` when the queue is too long, or
    /// `database.full`.
    pub async fn write<T, F>(&self, job: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        self.engine.write(job).await
    }

    /// Hands in a transaction that nobody waits for, such as a mark. `false`: the queue is full and it was dropped.
    pub fn post<F>(&self, job: F) -> bool
    where
        F: Fn(&mut Writer<'_>) -> base::Result<()> + Send + 'static,
    {
        self.engine.post(job)
    }

    /// Calls `notice` whenever another process has changed the database (within 250 ms of its commit).
    pub fn on_foreign_change(&self, notice: impl Fn() + Send + Sync + 'static) {
        self.engine.on_foreign_change(Box::new(notice));
    }

    /// Whether the database takes work now, with the reason when not.
    ///
    /// # Errors
    /// A sentence for `/readyz`.
    pub fn ready(&self) -> Result<(), String> {
        self.engine.ready()
    }

    /// What `portcullis db status` shows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn report(&self) -> base::Result<EngineReport> {
        self.engine.report()
    }

    /// The steps of the schema, known and done.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn schema(&self) -> base::Result<Vec<StepState>> {
        self.engine.schema()
    }

    /// Commits what waits, writes the journal back into the file and closes. Later calls answer 503.
    pub fn close(&self, patience: Duration) {
        self.engine.close(patience);
    }
}
