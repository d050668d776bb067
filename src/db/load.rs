//! How much work the database has at one moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use prometheus_client::metrics::histogram::Histogram;

/// What a look at the database's threads and queues shows.
#[derive(Clone, Debug)]
pub struct Load {
    /// The engine's name, such as `SQLite`.
    pub engine: &'static str,
    /// Sets of threads, each with its queue.
    pub pools: Vec<PoolLoad>,
    /// How many writes were committed together; `None` where each is committed by itself.
    pub batches: Option<Histogram>,
}

/// One set of threads that share a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// What it does.
    pub name: &'static str,
    /// How many threads it has.
    pub threads: usize,
    /// How many of them are at work.
    pub busy: usize,
    /// How many jobs may wait.
    pub capacity: usize,
    /// How many wait.
    pub waiting: usize,
}

/// Counts threads at work.
#[derive(Clone, Debug, Default)]
pub(super) struct Busy(Arc<AtomicUsize>);

/// One thread at work, until this is dropped.
pub(super) struct AtWork(Busy);

impl Busy {
    pub(super) fn begin(&self) -> AtWork {
        self.0.fetch_add(1, Ordering::Relaxed);
        AtWork(self.clone())
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
