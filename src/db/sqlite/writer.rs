//! The writer thread: commits waiting jobs together and answers only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::connection::SqliteConnection;
use crate::base::Stopwatch;
use crate::db::engine::Notice;
use crate::db::job::{self, Job, Message, Outcome, Ran};
use crate::db::connection::Connection;
use crate::db::{Error, Result};

/// How many jobs may wait.
const QUEUE: usize = 1024;
/// How many jobs are committed together at most.
const BATCH: usize = 128;
/// How long a batch collects jobs at most.
const BATCH_TIME: Duration = Duration::from_millis(5);
/// How often an idle writer looks for changes by other processes.
const IDLE_LOOK: Duration = Duration::from_millis(250);

pub(super) struct WriterThread {
    queue: SyncSender<Message>,
    alive: Arc<AtomicBool>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    pub(super) fn start(
        connection: SqliteConnection,
        path: PathBuf,
        notice: Arc<OnceLock<Notice>>,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let alive = Arc::new(AtomicBool::new(true));
        let still_alive = Arc::clone(&alive);
        let handle = std::thread::Builder::new().name("db-writer".into()).spawn(move || {
            let mut writer = BatchWriter { connection, path, notice, seen: None };
            let end = catch_unwind(AssertUnwindSafe(|| writer.serve(&jobs)));
            still_alive.store(false, Ordering::Release);
            if end.is_err() {
                tracing::error!(
                    "the database's writer thread has died; the process ends, so that it is started anew"
                );
                std::process::exit(70);
            }
        })?;
        Ok(Self { queue, alive, handle: Mutex::new(Some(handle)) })
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
    seen: Option<i64>,
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
            self.commit(batch);
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
        if before.is_some_and(|before| before != version)
            && let Some(notice) = self.notice.get()
        {
            notice();
        }
    }

    fn commit(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs: Vec<_> = jobs.into_iter().filter(|job| job.begin()).collect();
        match self.commit_together(&mut jobs) {
            Ok(outcomes) => {
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    job.finish(outcome);
                }
            }
            Err(Broken::All(outcome)) => {
                self.recover();
                for job in jobs {
                    job.finish(outcome.clone());
                }
            }
            Err(Broken::At(index, outcome)) => {
                // The engine has rolled the whole batch back in the middle of one job: that one failed with the error it
                // has, the others are innocent and run again, one by one.
                self.recover();
                let culprit = jobs.remove(index);
                for job in jobs {
                    self.commit_alone(job);
                }
                culprit.finish(outcome);
            }
        }
    }

    fn commit_alone(&mut self, mut job: Box<dyn Job>) {
        let outcome = match self.commit_together(std::slice::from_mut(&mut job)) {
            Ok(outcomes) => outcomes.into_iter().next().expect("one job has one outcome"),
            Err(Broken::All(outcome) | Broken::At(_, outcome)) => {
                self.recover();
                outcome
            }
        };
        job.finish(outcome);
    }

    /// Runs the jobs, each in its own savepoint, and commits them all; how each of them ended.
    fn commit_together(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<Vec<Outcome>, Broken> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let undone = |error| Broken::All(Outcome::RolledBack(error));
        // Whether a commit that failed took place may be open after an error of the disk.
        let unknown = |error| Broken::All(Outcome::Unknown(error));
        self.run("BEGIN IMMEDIATE").map_err(undone)?;
        // A job alone is its own savepoint.
        if let [job] = jobs {
            let ran = job.run(&mut self.connection);
            if self.connection.is_autocommit() {
                return Err(Broken::At(0, rolled_back_with(ran)));
            }
            if matches!(ran, Ran::Done) {
                self.run("COMMIT").map_err(unknown)?;
            } else {
                self.run("ROLLBACK").map_err(undone)?;
            }
            return Ok(vec![ran.into_outcome()]);
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        for (index, job) in jobs.iter_mut().enumerate() {
            self.run("SAVEPOINT job").map_err(undone)?;
            let ran = job.run(&mut self.connection);
            if self.connection.is_autocommit() {
                return Err(Broken::At(index, rolled_back_with(ran)));
            }
            if !matches!(ran, Ran::Done) {
                self.run("ROLLBACK TO job").map_err(undone)?;
            }
            self.run("RELEASE job").map_err(undone)?;
            outcomes.push(ran.into_outcome());
        }
        self.run("COMMIT").map_err(unknown)?;
        Ok(outcomes)
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
    /// The transaction as a whole.
    All(Outcome),
    /// The job at this place took the transaction down.
    At(usize, Outcome),
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
