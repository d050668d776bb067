//! The house's clock as `governor` wants it: it never goes back, whatever the time of day does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock;
use governor::nanos::Nanos;

use crate::base::{Clock, Timestamp};

/// A longer rest counts as this one, so that no clock that is set wildly forward runs over the 64 bits of nanoseconds.
const LONGEST_STEP: Duration = Duration::from_hours(30 * 24);
/// Where the clock stops: what limiters add to it fits behind it.
const END: u64 = u64::MAX / 2;

/// Adds up the steps forward of another clock. Where that one is set back it stands still until the next step, so that nobody
/// waits for the hours a clock was wrong.
#[derive(Clone)]
pub(super) struct SteadyClock(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    seen: Mutex<Seen>,
}

struct Seen {
    last: Timestamp,
    elapsed: Nanos,
}

impl SteadyClock {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Seen { last: clock.now(), elapsed: Nanos::new(0) };
        Self(Arc::new(Inner { clock, seen: Mutex::new(seen) }))
    }
}

impl clock::Clock for SteadyClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: two threads must not hand their steps over in the wrong order.
        let now = self.0.clock.now();
        let step = Nanos::from(now.since(seen.last).min(LONGEST_STEP));
        seen.elapsed = Nanos::new(seen.elapsed.as_u64().saturating_add(step.as_u64()).min(END));
        seen.last = now;
        seen.elapsed
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::Clock as _;

    use super::*;
    use crate::base::ManualClock;

    #[test]
    fn a_step_back_is_no_step_and_time_goes_on_from_there() {
        let inner = Arc::new(ManualClock::new(Timestamp::from_millis(50_000)));
        let clock = SteadyClock::new(inner.clone());
        let elapsed = || Duration::from_nanos(clock.now().as_u64());
        inner.advance(Duration::from_secs(3));
        assert_eq!(elapsed(), Duration::from_secs(3));
        inner.set(Timestamp::from_millis(1_000));
        assert_eq!(elapsed(), Duration::from_secs(3));
        inner.advance(Duration::from_secs(2));
        assert_eq!(elapsed(), Duration::from_secs(5));
    }

    #[test]
    fn no_time_of_day_makes_it_panic() {
        let inner = Arc::new(ManualClock::new(Timestamp::from_millis(i64::MIN)));
        let clock = SteadyClock::new(inner.clone());
        for _ in 0..5000 {
            inner.set(Timestamp::from_millis(i64::MAX));
            assert!(clock.now().as_u64() <= END);
            inner.set(Timestamp::from_millis(i64::MIN));
            clock.now();
        }
        assert_eq!(clock.now().as_u64(), END);
    }
}
