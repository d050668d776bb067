//! One connection's own little world: a runtime of one thread, a deadline, and whether it is still good.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout_at};

use crate::db::{Error, Result};

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) enum Health {
    /// It can serve the next job.
    Good,
    /// The server hung up: whatever was not committed is gone, and the job may run again elsewhere.
    Closed,
    /// Nobody knows what state it is in.
    Unusable,
}

/// A driver's error, explained.
pub(in crate::db) struct Trouble {
    pub(in crate::db) error: Error,
    pub(in crate::db) health: Health,
}

/// Waits for futures of one connection. Must be dropped after the connection it drives.
pub(in crate::db) struct Drive {
    runtime: Option<Runtime>,
    deadline: Instant,
    health: Health,
}

impl Drive {
    pub(in crate::db) fn new(deadline: Instant) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unavailable(format!("no runtime for a database connection: {error}")))?;
        Ok(Self { runtime: Some(runtime), deadline, health: Health::Good })
    }

    pub(in crate::db) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    pub(in crate::db) fn health(&self) -> Health {
        self.health
    }

    pub(in crate::db) fn condemn(&mut self) {
        self.health = Health::Unusable;
    }

    /// Runs `work` until it is done or the deadline has come; after trouble with the connection nothing runs.
    pub(in crate::db) fn wait<T, E>(
        &mut self,
        work: impl Future<Output = std::result::Result<T, E>>,
        explain: impl FnOnce(E) -> Trouble,
    ) -> Result<T> {
        if self.health != Health::Good {
            return Err(Error::Unavailable("the connection to the database server is lost".into()));
        }
        let runtime = self.runtime.as_ref().expect("taken only by drop");
        let deadline = self.deadline;
        // Until it is known to have ended well: a panic in a row's reading leaves rows in the pipe.
        self.health = Health::Unusable;
        match runtime.block_on(async { timeout_at(deadline, work).await }) {
            Ok(Ok(value)) => {
                self.health = Health::Good;
                Ok(value)
            }
            Ok(Err(error)) => {
                let trouble = explain(error);
                self.health = trouble.health;
                Err(trouble.error)
            }
            Err(_) => {
                Err(Error::Unavailable("the database server did not answer before the deadline".into()))
            }
        }
    }

    /// Runs `work` in the background whenever somebody waits.
    pub(in crate::db) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.as_ref().expect("taken only by drop").spawn(work);
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A name lookup that hangs in the blocking pool would otherwise hold the thread for as long.
            runtime.shutdown_timeout(Duration::ZERO);
        }
    }
}
