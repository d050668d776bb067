//! A clock that follows another one: nodes on one database server agree on the time, whatever their machines think.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{Clock, Timestamp};

/// What took longer than this between two looks at our own clock says too little about the other one, in milliseconds.
const LONGEST_LOOK: i64 = 2_000;

/// A clock with an offset that is measured from time to time.
pub struct CorrectedClock {
    ours: Arc<dyn Clock>,
    /// What is added to our time, in milliseconds.
    offset: AtomicI64,
}

impl CorrectedClock {
    /// A clock that shows `ours` until it is corrected.
    pub fn new(ours: Arc<dyn Clock>) -> Self {
        Self { ours, offset: AtomicI64::new(0) }
    }

    /// Our own clock, uncorrected.
    pub fn ours(&self) -> Timestamp {
        self.ours.now()
    }

    /// Corrects the clock: `theirs` was read between `before` and `after` of our own. Returns the new offset in
    /// milliseconds, or `None` when the look took too long, or our clock was set meanwhile. A difference that the time of
    /// the look explains is none, so that the clock does not tremble.
    pub fn correct(&self, before: Timestamp, theirs: Timestamp, after: Timestamp) -> Option<i64> {
        let took = after.millis() - before.millis();
        if !(0..=LONGEST_LOOK).contains(&took) {
            return None;
        }
        let measured = theirs.millis() - before.millis() - took / 2;
        let known = self.offset.load(Ordering::Relaxed);
        if (measured - known).abs() <= took / 2 + 1 {
            return Some(known);
        }
        self.offset.store(measured, Ordering::Relaxed);
        Some(measured)
    }
}

impl Clock for CorrectedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.ours.now().millis() + self.offset.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ManualClock;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn it_shows_the_other_clock_and_does_not_tremble() {
        let ours = Arc::new(ManualClock::new(at(100_000)));
        let clock = CorrectedClock::new(ours.clone());
        assert_eq!(clock.now(), at(100_000));
        assert_eq!(clock.correct(at(99_990), at(70_000), at(100_010)), Some(-30_000));
        assert_eq!(clock.now(), at(70_000));
        assert_eq!(
            clock.correct(at(100_000), at(70_015), at(100_020)),
            Some(-30_000),
            "within the look's time"
        );
        assert_eq!(clock.correct(at(100_000), at(70_500), at(100_020)), Some(-29_510));
        ours.set(at(200_000));
        assert_eq!(clock.now(), at(170_490));
    }

    #[test]
    fn a_slow_look_and_a_clock_that_was_set_change_nothing() {
        let clock = CorrectedClock::new(Arc::new(ManualClock::new(at(0))));
        assert_eq!(clock.correct(at(0), at(90_000), at(5_000)), None);
        assert_eq!(clock.correct(at(5_000), at(90_000), at(0)), None);
        assert_eq!(clock.now(), at(0));
    }
}
