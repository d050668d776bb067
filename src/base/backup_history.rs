//! How backups went, for whoever asks about this server's health.

use std::sync::{Mutex, PoisonError};

use super::Timestamp;

/// When backups went well and when not, as far as this server knows.
#[derive(Debug, Default)]
pub struct BackupHistory(Mutex<Times>);

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    good: Option<Timestamp>,
    failed: Option<Timestamp>,
}

impl BackupHistory {
    /// When the newest good archive was made.
    pub fn last_good(&self) -> Option<Timestamp> {
        self.times(|times| times.good)
    }

    /// When a backup failed last.
    pub fn last_failed(&self) -> Option<Timestamp> {
        self.times(|times| times.failed)
    }

    /// Notes the time of the newest good archive; none when there is none any more.
    pub fn note_good(&self, at: Option<Timestamp>) {
        self.times(|times| times.good = at);
    }

    /// Notes a failure.
    pub fn note_failed(&self, at: Timestamp) {
        self.times(|times| times.failed = Some(at));
    }

    fn times<T>(&self, look: impl FnOnce(&mut Times) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
