//! What engines behind a network share: worker threads, each with one connection, a deadline for every job.

mod drive;
mod workers;

use std::time::Duration;

use tokio::time::Instant;

pub(super) use drive::{Drive, Health, Trouble};
use workers::Workers;

use super::connection::Connection;
use super::engine::{Engine, Notice};
use super::job::{Job, Kind, Ran};
use super::migrate::{self, Step, Target};
use super::{EngineReport, EngineSetting, Error, Freshness, Load, Preparation, Result, StepState};
use crate::base::Timestamp;
use crate::config;

/// How long a server may take to let the first connection in.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How long everything together may take that is done to the schema.
const MIGRATION_TIME: Duration = Duration::from_hours(4);
/// How long one wide read or one sweep may take, its wait included.
const WIDE_DEADLINE: Duration = Duration::from_secs(30);
/// How many wide reads and sweeps run at once.
const WIDE_WORKERS: usize = 2;
/// How long an answer may be remembered: other nodes change the database without a word.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Opens connections to one server.
pub(super) trait Driver: Clone + Send + Sync + 'static {
    type Link: Link;
    /// The engine's name.
    const NAME: &'static str;
    /// Asks for the server's time, in milliseconds since 1970.
    const TIME: &'static str;

    /// Connects and sets the session up, all before `deadline`. A statement may last as long as `limit` on the server.
    fn connect(&self, deadline: Instant, limit: Limit) -> Result<Self::Link>;
    /// Where the database is: host, port and name.
    fn location(&self) -> String;
    /// The steps of the schema.
    fn steps(&self) -> &'static [Step];
}

/// How long the server itself lets one statement, or a pause between two, last: what nobody waits for any more must not
/// hold locks much longer than its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// No longer than this.
    Of(Duration),
    /// As long as it takes.
    None,
}

/// One open connection.
pub(super) trait Link: Target + Send {
    /// Everything from here on must be done by then.
    fn set_deadline(&mut self, deadline: Instant);
    fn health(&self) -> Health;
    /// Makes sure that nobody uses it again.
    fn condemn(&mut self);
    fn ping(&mut self) -> Result<()>;
    fn begin(&mut self) -> Result<()>;
    /// Begins a transaction that only reads, and sees one state of the database throughout.
    fn begin_snapshot(&mut self) -> Result<()>;
    fn commit(&mut self) -> Result<()>;
    fn rollback(&mut self) -> Result<()>;
    /// The server's own version, if it is one that we know how to use.
    ///
    /// # Errors
    /// A sentence that names the oldest version we know.
    fn supported_version(&mut self) -> Result<String>;
    /// What an operator may know of the server.
    fn describe(&mut self) -> Result<Description>;
}

/// What a server says of itself.
pub(super) struct Description {
    /// Settings that matter.
    pub(super) settings: Vec<EngineSetting>,
    /// In bytes.
    pub(super) sizes: Vec<(&'static str, u64)>,
}

/// A database on a server.
pub(super) struct Network<D: Driver> {
    driver: D,
    short: Workers,
    wide: Workers,
}

impl<D: Driver> Network<D> {
    pub(super) fn open(
        driver: D,
        settings: &config::Database,
        preparation: Preparation,
        now: Timestamp,
    ) -> Result<Self, String> {
        let shared = driver.clone();
        aside(move || prepare(&shared, preparation, now)).map_err(|error| {
            format!("The {} database {} cannot be used: {}.", D::NAME, driver.location(), error.text())
        })?;
        let threads = |error: std::io::Error| format!("The database's threads cannot be started: {error}.");
        let short = workers::Options {
            name: "db",
            threads: settings.workers,
            queue: settings.queue,
            deadline: settings.deadline,
        };
        let wide = workers::Options {
            name: "db-wide",
            threads: WIDE_WORKERS,
            queue: settings.queue,
            deadline: WIDE_DEADLINE.max(settings.deadline),
        };
        Ok(Self {
            short: Workers::start(&driver, short).map_err(threads)?,
            wide: Workers::start(&driver, wide).map_err(threads)?,
            driver,
        })
    }

    fn workers(&self, kind: Kind) -> &Workers {
        match kind {
            Kind::Read | Kind::Write => &self.short,
            Kind::Scan | Kind::Sweep => &self.wide,
        }
    }

    /// Runs `work` on a connection of its own.
    fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut D::Link) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let driver = self.driver.clone();
        aside(move || work(&mut driver.connect(Instant::now() + START_PATIENCE, Limit::None)?))
    }
}

fn prepare<D: Driver>(driver: &D, preparation: Preparation, now: Timestamp) -> Result<()> {
    let mut link = driver.connect(Instant::now() + START_PATIENCE, Limit::None)?;
    link.supported_version()?;
    link.set_deadline(Instant::now() + MIGRATION_TIME);
    let (steps, holder) = (driver.steps(), migrate::holder(now));
    match preparation {
        Preparation::Migrate => migrate::migrate(&mut link, steps, &holder, now).map(drop),
        Preparation::Reset => migrate::reset(&mut link, steps, &holder, now).map(drop),
        Preparation::Done => migrate::expect_done(&mut link, steps),
        Preparation::None => Ok(()),
    }
}

/// Runs `work` on a thread of its own: connections are waited for by blocking, which a thread that carries futures
/// must not do.
fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let thread = std::thread::Builder::new().name("db-beside".into()).spawn(work);
    let thread =
        thread.map_err(|error| Error::Unavailable(format!("no thread for the database: {error}")))?;
    thread.join().unwrap_or_else(|_| Err(Error::Internal("work beside the seam panicked".into())))
}

impl<D: Driver> Engine for Network<D> {
    fn submit(&self, kind: Kind, job: Box<dyn Job>) -> Result<()> {
        self.workers(kind).submit(kind, job)
    }

    fn read_here(&self, _: &mut dyn FnMut(&mut dyn Connection) -> Ran) -> Option<Result<Ran>> {
        None
    }

    fn patience(&self, kind: Kind) -> Duration {
        self.workers(kind).deadline()
    }

    fn freshness(&self) -> Freshness {
        Freshness::For(FRESH_FOR)
    }

    fn time_query(&self) -> Option<&'static str> {
        Some(D::TIME)
    }

    /// Never: what other nodes do is seen only by reading again.
    fn on_foreign_change(&self, _: Notice) {}

    fn load(&self) -> Load {
        let pools = vec![self.short.load("short"), self.wide.load("wide")];
        Load { engine: D::NAME, pools, batches: None }
    }

    fn report(&self) -> Result<EngineReport> {
        let location = self.driver.location();
        self.beside(|link| {
            let version = link.supported_version()?;
            let Description { settings, sizes } = link.describe()?;
            Ok(EngineReport { engine: D::NAME, version, location, settings, sizes })
        })
    }

    fn schema(&self) -> Result<Vec<StepState>> {
        let steps = self.driver.steps();
        self.beside(|link| migrate::state(link, steps))
    }

    fn close(&self, patience: Duration) {
        self.short.close(patience);
        self.wide.close(patience);
    }
}

/// What is said when a server's certificate is not believed; `None` when `error` is about something else.
pub(super) fn untrusted(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    let mut inner = Some(error);
    while let Some(error) = inner {
        // An error of the operating system's kind shows what it carries only when asked for it.
        let carried = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let carried = carried.map(|carried| carried as &(dyn std::error::Error + 'static));
        let tls = carried.unwrap_or(error).downcast_ref::<rustls::Error>();
        if let Some(rustls::Error::InvalidCertificate(why)) = tls {
            return Some(Error::Unavailable(format!(
                "the database server's certificate is not trusted: {why}; name the file of the authority that signed it \
                 in database.tls_ca, and the server in database.url as the certificate does (or write database.tls = \
                 require, which encrypts and asks nobody for a proof)"
            )));
        }
        inner = carried.and_then(std::error::Error::source).or_else(|| error.source());
    }
    None
}

/// One column of the first row, as text.
pub(super) fn text(connection: &mut dyn Connection, sql: &str) -> Result<String> {
    let mut found = None;
    connection.query(sql, &[], &mut |row| {
        found = Some(row.get(0)?);
        Ok(())
    })?;
    found.ok_or_else(|| Error::Internal("a text was expected".into()))
}

/// One column of the first row, as a number that is not negative.
pub(super) fn whole(connection: &mut dyn Connection, sql: &str) -> Result<u64> {
    let mut found: i64 = 0;
    connection.query(sql, &[], &mut |row| {
        found = row.get(0)?;
        Ok(())
    })?;
    Ok(u64::try_from(found).unwrap_or_default())
}
