//! Threads for wide reads: two at once, so that short reads keep their processor.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::connection::SqliteConnection;
use crate::db::job::{self, Job, Message, Outcome};
use crate::db::load::Busy;
use crate::db::{PoolLoad, Result};

/// How many wide reads run at once.
const THREADS: usize = 2;
/// How many may wait.
const QUEUE: usize = 64;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(30);

pub(super) struct ScanThreads {
    queue: Sender<Message>,
    busy: Busy,
}

impl ScanThreads {
    pub(super) fn start(path: &Path) -> std::io::Result<Self> {
        let (queue, messages) = bounded(QUEUE);
        let busy = Busy::default();
        for number in 0..THREADS {
            let thread = ScanThread { path: path.to_owned(), connection: None, busy: busy.clone() };
            let messages = messages.clone();
            std::thread::Builder::new()
                .name(format!("db-scan-{number}"))
                .spawn(move || thread.serve(&messages))?;
        }
        Ok(Self { queue, busy })
    }

    pub(super) fn load(&self) -> PoolLoad {
        PoolLoad {
            name: "wide",
            threads: THREADS,
            busy: self.busy.count(),
            capacity: QUEUE,
            waiting: self.queue.len(),
        }
    }

    pub(super) fn submit(&self, job: Box<dyn Job>) -> Result<()> {
        match self.queue.try_send(Message::Job(job)) {
            Ok(()) => Ok(()),
            Err(error) => job::refused(matches!(error, TrySendError::Full(_))),
        }
    }

    /// Nobody waits for what only reads.
    pub(super) fn close(&self) {
        for _ in 0..THREADS {
            self.queue.try_send(Message::Close).ok();
        }
    }
}

struct ScanThread {
    path: PathBuf,
    connection: Option<SqliteConnection>,
    busy: Busy,
}

impl ScanThread {
    fn serve(mut self, messages: &Receiver<Message>) {
        for message in messages {
            let Message::Job(mut job) = message else { return };
            let _busy = self.busy.begin();
            if job.begin() {
                let outcome = self.run(job.as_mut()).unwrap_or_else(Outcome::RolledBack);
                job.finish(outcome);
            }
        }
    }

    /// Runs the job on one snapshot.
    fn run(&mut self, job: &mut dyn Job) -> Result<Outcome> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => SqliteConnection::open_reader(&self.path)?,
        };
        connection.interrupt_after(LIMIT)?;
        connection.batch("BEGIN")?;
        let ran = job.run(&mut connection);
        // What does not end well is not used again; a connection that is dropped rolls back.
        if connection.batch("ROLLBACK").is_ok() && connection.healthy() {
            self.connection = Some(connection);
        }
        Ok(ran.into_outcome())
    }
}
