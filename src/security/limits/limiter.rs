//! A rate for each of many keys, in bounded memory.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::clock::SteadyClock;

/// How many keys are remembered one by one. Beyond that, keys share the budgets of crowds, of which there are 65,536 at most.
const MOST_KEYS: usize = 100_000;
/// How often keys are looked through for those that could start afresh anyway.
const TIDIED_EVERY: Duration = Duration::from_mins(1);

/// Counts for each key; `governor` does the arithmetic (GCRA).
pub(super) struct Limiter<K: Hash + Eq + Clone> {
    rates: RateLimiter<K, HashMapStateStore<K>, SteadyClock, NoOpMiddleware<Nanos>>,
    clock: SteadyClock,
    most_keys: usize,
    /// By the clock, in nanoseconds.
    tidied_at: AtomicU64,
}

impl<K: Hash + Eq + Copy> Limiter<K> {
    /// `burst` at once, and one more after each interval.
    pub(super) fn new(interval: Duration, burst: NonZeroU32, clock: SteadyClock) -> Self {
        let quota = Quota::with_period(interval)
            .expect("the interval of a rate is at least 10 microseconds")
            .allow_burst(burst);
        let rates = RateLimiter::hashmap_with_clock(quota, clock.clone());
        Self { rates, clock, most_keys: MOST_KEYS, tidied_at: AtomicU64::new(0) }
    }

    /// One in each interval.
    pub(super) fn once(interval: Duration, clock: SteadyClock) -> Self {
        Self::new(interval, NonZeroU32::MIN, clock)
    }

    /// Takes one from the key's budget, or from its crowd's when too many keys are remembered; how long to wait if there is none.
    pub(super) fn take(&self, key: K, crowd: impl Fn(K) -> K) -> Result<(), Duration> {
        let now = self.clock.now();
        let tidied_at = self.tidied_at.load(Ordering::Relaxed);
        if u128::from(now.as_u64().saturating_sub(tidied_at)) >= TIDIED_EVERY.as_nanos() {
            self.tidy();
        }
        let key = if self.rates.len() < self.most_keys { key } else { crowd(key) };
        self.rates.check_key(&key).map_err(|not_until| not_until.wait_time_from(now))
    }

    /// Forgets the keys whose budget is whole again, and gives their memory back.
    pub(super) fn tidy(&self) {
        self.tidied_at.store(self.clock.now().as_u64(), Ordering::Relaxed);
        self.rates.retain_recent();
        self.rates.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{ManualClock, Timestamp};

    fn limiter(burst: u32) -> (Arc<ManualClock>, Limiter<u32>) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(0)));
        let steady = SteadyClock::new(clock.clone());
        (clock, Limiter::new(Duration::from_secs(2), NonZeroU32::new(burst).unwrap(), steady))
    }

    #[test]
    fn a_burst_then_one_for_each_interval_and_the_wait_is_true() {
        let (clock, limiter) = limiter(3);
        let take = || limiter.take(1, |key| key);
        for _ in 0..3 {
            take().unwrap();
        }
        assert_eq!(take(), Err(Duration::from_secs(2)));
        clock.advance(Duration::from_millis(1999));
        assert_eq!(take(), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        take().unwrap();
        assert_eq!(take(), Err(Duration::from_secs(2)));
        limiter.take(2, |key| key).unwrap();
    }

    #[test]
    fn keys_that_rested_are_forgotten() {
        let (clock, limiter) = limiter(3);
        for key in 0..1000 {
            limiter.take(key, |key| key).unwrap();
        }
        assert_eq!(limiter.rates.len(), 1000);
        clock.advance(TIDIED_EVERY);
        limiter.take(1, |key| key).unwrap();
        assert_eq!(limiter.rates.len(), 1);
    }

    #[test]
    fn what_is_too_much_to_remember_shares_the_budgets_of_crowds() {
        let (_, mut limiter) = limiter(3);
        limiter.most_keys = 10;
        let crowd = |key| 1_000_000 + key % 2;
        let admitted = (0..1000).filter(|key| limiter.take(*key, crowd).is_ok()).count();
        assert_eq!(admitted, 10 + 2 * 3);
        assert_eq!(limiter.rates.len(), 12);
    }
}
