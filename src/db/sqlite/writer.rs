//! The writer thread: commits waiting jobs together and answers only after the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::SqliteConnection;
use super::{Notice, run};
use crate::base::{self, Stopwatch};
use crate::db::connection::{Effect, Writer};
use crate::db::ticket::{CallerGuard, Ticket};
use crate::db::{Error, Result};

/// How many jobs may wait.
const QUEUE: usize = 1024;
/// How many jobs are committed together at most.
const BATCH: usize = 128;
/// How long a batch collects jobs at most.
const BATCH_TIME: Duration = Duration::from_millis(5);
/// How often an idle writer looks for changes by other processes.
const IDLE_LOOK: Duration = Duration::from_millis(250);

enum Message {
    Job(Box<dyn Job>),
    Close,
}

pub(super) struct WriterThread {
    queue: SyncSender<Message>,
    patience: Duration,
    alive: Arc<AtomicBool>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl WriterThread {
    pub(super) fn start(
        connection: SqliteConnection,
        path: PathBuf,
        patience: Duration,
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
        Ok(Self { queue, patience, alive, handle: Mutex::new(Some(handle)) })
    }

    pub(super) fn alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    pub(super) async fn submit<T, F>(&self, closure: F) -> base::Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
    {
        let ticket = Ticket::new();
        let (reply, mut answer) = oneshot::channel();
        let job =
            Work { closure, ticket: ticket.clone(), reply: Some(reply), result: None, effects: Vec::new() };
        self.queue
            .try_send(Message::Job(Box::new(job)))
            .map_err(|_| overloaded("the writer's queue is full"))?;
        let guard = CallerGuard(ticket);
        let answered = match tokio::time::timeout(self.patience, &mut answer).await {
            Ok(answered) => answered,
            Err(_) if guard.0.give_up() => return Err(overloaded("the writer did not begin in time")),
            Err(_) => answer.await,
        };
        answered.map_err(|_| base::Error::from(Error::Unavailable("the writer has closed".into())))?
    }

    pub(super) fn post<F>(&self, closure: F) -> bool
    where
        F: Fn(&mut Writer<'_>) -> base::Result<()> + Send + 'static,
    {
        let job = Work { closure, ticket: Ticket::new(), reply: None, result: None, effects: Vec::new() };
        self.queue.try_send(Message::Job(Box::new(job))).is_ok()
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

fn overloaded(cause: &str) -> base::Error {
    Error::Unavailable(cause.into()).into()
}

/// How the transaction of a job ended.
#[derive(Clone)]
enum Commit {
    Done,
    Failed(Error),
}

trait Job: Send {
    /// Takes the job up; `false` when its caller has gone.
    fn begin(&mut self) -> bool;
    /// Runs the closure; `false` when its changes must be rolled back.
    fn run(&mut self, connection: &mut SqliteConnection) -> bool;
    /// Applies the effects and answers.
    fn finish(self: Box<Self>, commit: Commit);
}

struct Work<T, F> {
    closure: F,
    ticket: Ticket,
    reply: Option<oneshot::Sender<base::Result<T>>>,
    result: Option<base::Result<T>>,
    effects: Vec<Effect>,
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: Fn(&mut Writer<'_>) -> base::Result<T> + Send,
{
    fn begin(&mut self) -> bool {
        self.ticket.begin()
    }

    fn run(&mut self, connection: &mut SqliteConnection) -> bool {
        self.effects.clear();
        let work = AssertUnwindSafe(|| {
            let mut writer = Writer::new(connection, &mut self.effects);
            let result = (self.closure)(&mut writer);
            match writer.doomed() {
                Some(error) if result.is_ok() => Err(error.clone().into()),
                _ => result,
            }
        });
        let result =
            catch_unwind(work).unwrap_or_else(|_| Err(base::Error::internal("a database job panicked")));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn finish(mut self: Box<Self>, commit: Commit) {
        let result = self.result.take();
        // Effects are invalidations: after a failed commit, whose outcome may be unknown, they are right as well.
        if matches!(result, Some(Ok(_))) {
            for effect in self.effects {
                effect();
            }
        }
        let answer = match (commit, result) {
            (Commit::Done, Some(result)) => result,
            (Commit::Done, None) => Err(base::Error::internal("a job was committed without having run")),
            (Commit::Failed(_), Some(Err(own))) if own.code().kind == base::Kind::Unavailable => Err(own),
            (Commit::Failed(error), _) => Err(error.into()),
        };
        match (self.reply, answer) {
            // The caller may have gone meanwhile; the work stands all the same.
            (Some(reply), answer) => drop(reply.send(answer)),
            (None, Err(error)) => {
                tracing::warn!(code = error.code().name, cause = error.cause(), "a posted write failed");
            }
            (None, Ok(_)) => {}
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
                run(&mut self.connection, "PRAGMA wal_checkpoint(TRUNCATE)").ok();
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

    /// Commits the jobs together. Nearly all succeed, so the batch runs without a savepoint for each; a job that fails
    /// after it has changed something, or takes the engine's transaction down, breaks the batch, and then everyone runs
    /// again alone.
    fn commit(&mut self, jobs: Vec<Box<dyn Job>>) {
        let mut jobs: Vec<_> = jobs.into_iter().filter_map(|mut job| job.begin().then_some(job)).collect();
        match self.commit_together(&mut jobs) {
            Ok(()) => finish(jobs, &Commit::Done),
            Err(Broken::All(error)) => {
                self.recover();
                finish(jobs, &Commit::Failed(error));
            }
            Err(Broken::ByJob) => {
                self.recover();
                for job in jobs {
                    self.commit_alone(job);
                }
            }
        }
    }

    fn commit_together(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Broken> {
        if jobs.is_empty() {
            return Ok(());
        }
        run(&mut self.connection, "BEGIN IMMEDIATE").map_err(Broken::All)?;
        for job in jobs.iter_mut() {
            let before = self.connection.total_changes();
            let keep = job.run(&mut self.connection);
            let undone = keep || self.connection.total_changes() == before;
            if !undone || self.connection.is_autocommit() {
                return Err(Broken::ByJob);
            }
        }
        run(&mut self.connection, "COMMIT").map_err(Broken::All)
    }

    fn commit_alone(&mut self, mut job: Box<dyn Job>) {
        let commit = match self.run_alone(job.as_mut()) {
            Ok(()) => Commit::Done,
            Err(error) => {
                self.recover();
                Commit::Failed(error)
            }
        };
        job.finish(commit);
    }

    fn run_alone(&mut self, job: &mut dyn Job) -> Result<()> {
        run(&mut self.connection, "BEGIN IMMEDIATE")?;
        let keep = job.run(&mut self.connection);
        if self.connection.is_autocommit() {
            // A full disk or an interrupt ends a transaction behind our back.
            return Err(Error::Full("the engine rolled the transaction back".into()));
        }
        run(&mut self.connection, if keep { "COMMIT" } else { "ROLLBACK" })
    }

    /// Leaves no transaction open, and no connection in use that has seen an input or output error.
    fn recover(&mut self) {
        if !self.connection.is_autocommit() {
            run(&mut self.connection, "ROLLBACK").ok();
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
    All(Error),
    /// One of its jobs must be undone.
    ByJob,
}

fn finish(jobs: Vec<Box<dyn Job>>, commit: &Commit) {
    for job in jobs {
        job.finish(commit.clone());
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
