//! Worker threads, each with one connection of its own, fed by one bounded queue.

use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::time::Instant;

use super::{Driver, Health, Limit, Link};
use crate::base::Stopwatch;
use crate::db::job::{self, Job, Kind, Message, Outcome, Ran};
use crate::db::load::Busy;
use crate::db::{Error, PoolLoad, Result};

/// The longest rest before a transaction that met another one runs again is 2 to this power, in milliseconds.
const LONGEST_REST: u32 = 4;
/// After this much rest a connection is asked whether it still lives.
const IDLE_BEFORE_PING: Duration = Duration::from_millis(250);
/// A connection that does not say so by then is replaced: a firewall may have forgotten it without a word.
const PING_PATIENCE: Duration = Duration::from_millis(150);

/// Sizes of a set of workers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// How its threads are called.
    pub name: &'static str,
    /// Threads, and connections.
    pub threads: usize,
    /// Jobs that may wait; one more is refused.
    pub queue: usize,
    /// From queueing to the answer: waiting, connecting, every statement and the commit together.
    pub deadline: Duration,
}

/// Running workers; they end when this is dropped and their queue is empty.
pub(super) struct Workers {
    queue: Sender<Message<Queued>>,
    /// Threads, and jobs that may wait.
    size: (usize, usize),
    busy: Busy,
    deadline: Duration,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Queued {
    job: Box<dyn Job>,
    kind: Kind,
    deadline: Instant,
}

impl Workers {
    pub(super) fn start<D: Driver>(driver: &D, options: Options) -> std::io::Result<Self> {
        let Options { name, threads, queue, deadline } = options;
        let size = (threads, queue);
        let (queue, messages) = bounded(queue);
        let busy = Busy::default();
        let start = |number: usize| {
            let driver = driver.clone();
            let (busy, last_used) = (busy.clone(), Instant::now());
            let worker = Worker { number, driver, limit: deadline, link: None, last_used, busy };
            let messages = messages.clone();
            std::thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || worker.serve(&messages))
        };
        let threads = (0..threads).map(start).collect::<std::io::Result<_>>()?;
        Ok(Self { queue, size, busy, deadline, threads: Mutex::new(threads) })
    }

    pub(super) fn load(&self, name: &'static str) -> PoolLoad {
        let (threads, capacity) = self.size;
        PoolLoad { name, threads, busy: self.busy.count(), capacity, waiting: self.queue.len() }
    }

    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(super) fn submit(&self, kind: Kind, job: Box<dyn Job>) -> Result<()> {
        let queued = Queued { job, kind, deadline: Instant::now() + self.deadline };
        match self.queue.try_send(Message::Job(queued)) {
            Ok(()) => Ok(()),
            Err(error) => job::refused(matches!(error, TrySendError::Full(_))),
        }
    }

    /// Lets the threads finish what waits, and waits for them.
    pub(super) fn close(&self, patience: Duration) {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let waited = Stopwatch::start();
        for _ in &threads {
            let left = patience.saturating_sub(waited.elapsed());
            self.queue.send_timeout(Message::Close, left).ok();
        }
        for thread in threads {
            while !thread.is_finished() && waited.elapsed() < patience {
                std::thread::sleep(Duration::from_millis(1));
            }
            if thread.is_finished() {
                thread.join().ok();
            }
        }
    }
}

struct Worker<D: Driver> {
    number: usize,
    driver: D,
    limit: Duration,
    link: Option<D::Link>,
    last_used: Instant,
    busy: Busy,
}

impl<D: Driver> Worker<D> {
    fn serve(mut self, messages: &Receiver<Message<Queued>>) {
        for message in messages {
            let Message::Job(Queued { mut job, kind, deadline }) = message else { return };
            if job.begin() {
                let _busy = self.busy.begin();
                let outcome = self.carry_out(job.as_mut(), kind, deadline);
                job.finish(outcome);
            }
        }
    }

    fn carry_out(&mut self, job: &mut dyn Job, kind: Kind, deadline: Instant) -> Outcome {
        let mut conflicts = 0;
        let mut reconnected = false;
        loop {
            let mut link = match self.take_link(deadline) {
                Ok(link) => link,
                Err(error) => return Outcome::RolledBack(error),
            };
            let outcome = match kind {
                Kind::Read => run(job, &mut link),
                Kind::Scan => link.begin_snapshot().map_or_else(Outcome::RolledBack, |()| {
                    let outcome = run(job, &mut link);
                    roll_back(&mut link);
                    outcome
                }),
                Kind::Write | Kind::Sweep => write(job, &mut link, deadline),
            };
            let health = link.health();
            if health == Health::Good {
                self.link = Some(link);
                self.last_used = Instant::now();
            }
            match outcome {
                Outcome::RolledBack(Error::Conflict(text)) => {
                    // Workers that meet rest for different times, or they would meet again.
                    let rest = Duration::from_millis((1 << conflicts) + self.number as u64);
                    if Instant::now() + rest >= deadline {
                        let cause = format!("other transactions were in the way until the deadline: {text}");
                        return Outcome::RolledBack(Error::Unavailable(cause));
                    }
                    std::thread::sleep(rest);
                    conflicts = LONGEST_REST.min(conflicts + 1);
                }
                Outcome::RolledBack(_) if health == Health::Closed && !reconnected => reconnected = true,
                outcome => return outcome,
            }
        }
    }

    /// The connection, known to be alive a moment ago, or a new one.
    fn take_link(&mut self, deadline: Instant) -> Result<D::Link> {
        if Instant::now() >= deadline {
            return Err(too_late());
        }
        if let Some(mut link) = self.link.take() {
            let rested = self.last_used.elapsed() >= IDLE_BEFORE_PING;
            if rested {
                link.set_deadline(deadline.min(Instant::now() + PING_PATIENCE));
            }
            if !rested || link.ping().is_ok() {
                link.set_deadline(deadline);
                return Ok(link);
            }
        }
        self.driver.connect(deadline, Limit::Of(self.limit)).map_err(|error| match error {
            // Whatever the server has against us, it is not the caller's request that is wrong.
            Error::Internal(text) => {
                Error::Unavailable(format!("no connection to the database server can be made: {text}"))
            }
            other => other,
        })
    }
}

fn too_late() -> Error {
    Error::Unavailable("the deadline of the database job passed".into())
}

/// Runs the closure once. A connection whose state nobody knows afterwards is no longer good.
fn run(job: &mut dyn Job, link: &mut impl Link) -> Outcome {
    let ran = job.run(link);
    if matches!(ran, Ran::Panicked) {
        link.condemn();
    }
    ran.into_outcome()
}

/// Runs a job in a transaction. A connection that could not be left clean is no longer good afterwards.
fn write(job: &mut dyn Job, link: &mut impl Link, deadline: Instant) -> Outcome {
    if let Err(error) = link.begin() {
        return Outcome::RolledBack(error);
    }
    match run(job, link) {
        Outcome::Committed if Instant::now() < deadline => commit(link),
        Outcome::Committed => {
            // Not sent, so its outcome is known, which that of a commit cut short by the deadline would not be.
            link.condemn();
            Outcome::RolledBack(too_late())
        }
        undone => {
            roll_back(link);
            undone
        }
    }
}

fn commit(link: &mut impl Link) -> Outcome {
    match link.commit() {
        Ok(()) => Outcome::Committed,
        // The server answered "no": that is known. Silence or a hang-up is not.
        Err(error) if link.health() == Health::Good => {
            roll_back(link);
            Outcome::RolledBack(error)
        }
        Err(error) => {
            Outcome::Unknown(Error::Unavailable(format!("the outcome of a commit is unknown: {error}")))
        }
    }
}

fn roll_back(link: &mut impl Link) {
    if link.health() == Health::Good && link.rollback().is_err() {
        link.condemn();
    }
}
