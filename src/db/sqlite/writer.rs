//! The writer thread: commits waiting jobs together and answers only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError, bounded};
use prometheus_client::metrics::histogram::Histogram;
use tokio::runtime::Handle;

use super::connection::SqliteConnection;
use crate::base::Stopwatch;
use crate::db::connection::Connection;
use crate::db::engine::Notice;
use crate::db::job::{self, Job, Message, Outcome, Ran};
use crate::db::load::Busy;
use crate::db::{Error, PoolLoad, Result};

/// How many jobs may wait.
const QUEUE: usize = 1024;
/// How many jobs are committed together at most.
const BATCH: usize = 128;
/// Classes of batches by their size.
const BATCH_SIZES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
/// How long a batch collects jobs at most.
const BATCH_TIME: Duration = Duration::from_millis(5);
/// How often an idle writer looks for changes by other processes.
const IDLE_LOOK: Duration = Duration::from_millis(250);

pub(super) struct WriterThread {
    queue: Sender<Message>,
    busy: Busy,
    batches: Histogram,
    alive: Arc<AtomicBool>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    pub(super) fn start(
        connection: SqliteConnection,
        path: PathBuf,
        notice: Arc<OnceLock<Notice>>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = bounded(QUEUE);
        let alive = Arc::new(AtomicBool::new(true));
        let still_alive = Arc::clone(&alive);
        let runtime = Handle::try_current().ok();
        let (busy, batches) = (Busy::default(), Histogram::new(BATCH_SIZES));
        let (at_work, sizes) = (busy.clone(), batches.clone());
        let handle = std::thread::Builder::new().name("db-writer".into()).spawn(move || {
            let mut writer =
                BatchWriter { connection, path, notice, runtime, seen: None, busy: at_work, batches: sizes };
            let end = catch_unwind(AssertUnwindSafe(|| writer.serve(&jobs)));
            still_alive.store(false, Ordering::Release);
            if end.is_err() {
                tracing::error!(
                    "the database's writer thread has died; the process ends, so that it is started anew"
                );
                std::process::exit(70);
            }
        })?;
        Ok(Self { queue, busy, batches, alive, handle: Mutex::new(Some(handle)) })
    }

    pub(super) fn load(&self) -> PoolLoad {
        PoolLoad {
            name: "writer",
            threads: 1,
            busy: self.busy.count(),
            capacity: QUEUE,
            waiting: self.queue.len(),
        }
    }

    /// The sizes of the batches that were committed.
    pub(super) fn batches(&self) -> Histogram {
        self.batches.clone()
    }

    fn alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    pub(super) fn submit(&self, job: Box<dyn Job>) -> Result<()> {
        match self.queue.try_send(Message::Job(job)) {
            Ok(()) => Ok(()),
            Err(error) => job::refused(matches!(error, TrySendError::Full(_))),
        }
    }

    pub(super) fn close(&self, patience: Duration) {
        let Some(handle) = self.handle.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let waited = Stopwatch::start();
        while self.queue.try_send(Message::Close).is_err() && self.alive() && waited.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(2));
        }
        while !handle.is_finished() && waited.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        if handle.is_finished() {
            handle.join().ok();
        }
    }
}

struct BatchWriter {
    connection: SqliteConnection,
    path: PathBuf,
    notice: Arc<OnceLock<Notice>>,
    /// Where callers wait, if they wait in futures.
    runtime: Option<Handle>,
    seen: Option<i64>,
    busy: Busy,
    batches: Histogram,
}

impl BatchWriter {
    fn serve(&mut self, jobs: &Receiver<Message>) {
        loop {
            let first = jobs.recv_timeout(IDLE_LOOK);
            self.look_for_foreign_changes();
            let (batch, closing) = match first {
                Ok(Message::Job(job)) => collect(job, jobs),
                Ok(Message::Close) => (drain(jobs), true),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => (Vec::new(), true),
            };
            let busy = self.busy.begin();
            self.commit(batch);
            drop(busy);
            if closing {
                self.run("PRAGMA wal_checkpoint(TRUNCATE)").ok();
                return;
            }
        }
    }

    /// Another process (the command line) may have written. Our own commits do not count: they come from here.
    fn look_for_foreign_changes(&mut self) {
        let Ok(version) = self.connection.data_version() else { return };
        let before = self.seen.replace(version);
        // The first look counts as a change: somebody may have written between what was read at the start and now.
        if before != Some(version)
            && let Some(notice) = self.notice.get()
        {
            notice();
        }
    }

    /// Commits the jobs together. Nearly all succeed, so the batch runs without a savepoint for each; a job that fails
    /// after it has changed something, or takes the engine's transaction down, breaks the batch, and then everyone runs
    /// again alone.
    fn commit(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs: Vec<_> = jobs.into_iter().filter(|job| job.begin()).collect();
        if !jobs.is_empty() {
            self.batches.observe(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        }
        match self.commit_together(&mut jobs) {
            Ok(outcomes) => {
                for (job, outcome) in jobs.iter_mut().zip(&outcomes) {
                    job.settle(outcome);
                }
                self.answer(jobs, outcomes);
            }
            Err(Broken::All(outcome)) => {
                self.recover();
                for job in jobs {
                    job.finish(outcome.clone());
                }
            }
            Err(Broken::ByJob) => {
                self.recover();
                for mut job in jobs {
                    let outcome = self.commit_alone(job.as_mut());
                    job.finish(outcome);
                }
            }
        }
    }

    /// Answers a batch from within the runtime: waking its threads from outside for each caller costs more.
    fn answer(&self, jobs: Vec<Box<dyn Job>>, outcomes: Vec<Outcome>) {
        let answer = move || {
            for (job, outcome) in jobs.into_iter().zip(outcomes) {
                job.finish(outcome);
            }
        };
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { answer() })),
            None => answer(),
        }
    }

    /// Runs the jobs and commits them all; how each of them ended.
    fn commit_together(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Outcome>, Broken> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        self.run("BEGIN IMMEDIATE").map_err(|error| Broken::All(Outcome::RolledBack(error)))?;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            let before = self.connection.total_changes();
            let ran = job.run(&mut self.connection);
            let clean = matches!(ran, Ran::Done) || self.connection.total_changes() == before;
            if !clean || self.connection.is_autocommit() {
                return Err(Broken::ByJob);
            }
            outcomes.push(ran.into_outcome());
        }
        match self.run("COMMIT") {
            Ok(()) => Ok(outcomes),
            Err(error) => Err(Broken::All(Outcome::Unknown(error))),
        }
    }

    fn commit_alone(&mut self, job: &mut dyn Job) -> Outcome {
        if let Err(error) = self.run("BEGIN IMMEDIATE") {
            self.recover();
            return Outcome::RolledBack(error);
        }
        let ran = job.run(&mut self.connection);
        if self.connection.is_autocommit() {
            self.recover();
            return rolled_back_with(ran);
        }
        let done = matches!(ran, Ran::Done);
        match self.run(if done { "COMMIT" } else { "ROLLBACK" }) {
            Ok(()) => ran.into_outcome(),
            Err(error) => {
                self.recover();
                // Whether a commit that failed took place may be open after an error of the disk.
                if done { Outcome::Unknown(error) } else { ran.into_outcome() }
            }
        }
    }

    /// Runs a statement that is prepared once; its answer does not matter.
    fn run(&mut self, sql: &str) -> Result<()> {
        self.connection.query(sql, &[], &mut |_| Ok(()))
    }

    /// Leaves no transaction open, and no connection in use that has seen an input or output error.
    fn recover(&mut self) {
        if !self.connection.is_autocommit() {
            self.run("ROLLBACK").ok();
        }
        if !self.connection.healthy()
            && let Ok(fresh) = SqliteConnection::open_writer(&self.path)
        {
            self.connection = fresh;
            self.seen = None;
            if let Some(notice) = self.notice.get() {
                notice();
            }
        }
    }
}

/// Why a batch was not committed.
enum Broken {
    /// The transaction as a whole failed.
    All(Outcome),
    /// One of its jobs must be undone.
    ByJob,
}

/// How a job ends that has taken the whole transaction down, most likely by filling the disk.
fn rolled_back_with(ran: Ran) -> Outcome {
    match ran.into_outcome() {
        Outcome::RolledBack(error @ (Error::Unavailable(_) | Error::Full(_))) => Outcome::RolledBack(error),
        _ => Outcome::RolledBack(Error::Full("the engine rolled the transaction back".into())),
    }
}

fn collect(first: Box<dyn Job>, jobs: &Receiver<Message>) -> (Vec<Box<dyn Job>>, bool) {
    let began = Stopwatch::start();
    let mut batch = vec![first];
    while batch.len() < BATCH && began.elapsed() < BATCH_TIME {
        match jobs.try_recv() {
            Ok(Message::Job(job)) => batch.push(job),
            Ok(Message::Close) => {
                batch.extend(drain(jobs));
                return (batch, true);
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    (batch, false)
}

fn drain(jobs: &Receiver<Message>) -> Vec<Box<dyn Job>> {
    std::iter::from_fn(|| jobs.try_recv().ok())
        .filter_map(|message| if let Message::Job(job) = message { Some(job) } else { None })
        .collect()
}
