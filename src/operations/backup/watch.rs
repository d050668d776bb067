//! Looking on while an archive is made or put back.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// How far one stage of the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done, such as `copying the database`.
    pub stage: &'static str,
    /// Bytes done.
    pub done: u64,
    /// Bytes to do.
    pub total: u64,
}

/// Hears how the work goes on, and can call it off.
pub struct Watch {
    called_off: AtomicBool,
    show: Box<dyn Fn(Progress) + Send + Sync>,
}

impl Watch {
    /// Shows nothing.
    pub fn quiet() -> Self {
        Self::showing(|_| {})
    }

    /// Hands every step to `show`.
    pub fn showing(show: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { called_off: AtomicBool::new(false), show: Box::new(show) }
    }

    /// Ends the work at its next step; nothing of it is kept.
    pub fn call_off(&self) {
        self.called_off.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    pub fn is_called_off(&self) -> bool {
        self.called_off.load(Ordering::Relaxed)
    }

    pub(super) fn at(&self, stage: &'static str, done: u64, total: u64) -> io::Result<()> {
        if self.is_called_off() {
            return Err(io::Error::other("it was called off"));
        }
        (self.show)(Progress { stage, done, total });
        Ok(())
    }
}
