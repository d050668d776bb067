//! Who holds a queued job: the caller may give it up until the writer begins it; once begun, it commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// The state of one queued job, shared by caller and writer.
#[derive(Clone)]
pub(super) struct Ticket(Arc<AtomicU8>);

impl Ticket {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(WAITING)))
    }

    /// The writer begins the job, or begins it again; `false` when the caller has given it up.
    pub(super) fn begin(&self) -> bool {
        match self.0.compare_exchange(WAITING, BEGUN, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(state) => state == BEGUN,
        }
    }

    /// The caller gives the job up; `false` when it has begun and must be waited for.
    pub(super) fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITING, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Gives the job up when its caller goes away.
pub(super) struct CallerGuard(pub(super) Ticket);

impl Drop for CallerGuard {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
