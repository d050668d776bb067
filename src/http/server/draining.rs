//! The word that the server is shutting down, for every connection to hear.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, futures::Notified};

/// Shared by all connections of a server: whether its shutdown has begun.
#[derive(Default)]
pub(super) struct Draining {
    begun: AtomicBool,
    changed: Notify,
}

impl Draining {
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Costs one load, so that every poll of a connection can ask.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Wakes when the shutdown begins. Whoever asks `has_begun` after making this misses nothing.
    pub(super) fn beginning(&self) -> Notified<'_> {
        self.changed.notified()
    }
}
