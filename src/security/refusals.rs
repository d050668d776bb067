//! Which refusals are written down: a flood of them must fill neither the database's queue nor its disk.
//!
//! Each address (of IPv6 its /64) has a budget, all together have one, and only so many may wait for the database. What
//! goes beyond that is counted, and the count is written down when there is room again.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::unsync::Cache;

use crate::base::Timestamp;

/// One address: sixty at once, then one in ten seconds.
const ADDRESS: Pace = Pace { interval: 10_000, burst: 60 };
/// All addresses: a thousand at once, then one in two seconds; 43,200 a day, some ten megabytes.
const ALL: Pace = Pace { interval: 2_000, burst: 1_000 };
/// How many addresses are remembered.
const ADDRESSES: usize = 4_096;
/// How many may wait for the database.
const WAITING: usize = 64;
/// How often the count of those that were dropped is told at most, in milliseconds.
const TELL_EVERY: i64 = 60_000;

/// How fast something may happen.
#[derive(Clone, Copy)]
struct Pace {
    /// Milliseconds between two, in the long run.
    interval: i64,
    /// How many at once.
    burst: i64,
}

impl Pace {
    /// Takes one from a budget. `spent` is the moment at which all of it will be there again.
    fn take(self, spent: &mut i64, now: i64) -> bool {
        let ahead = (*spent - now).max(0);
        // Further ahead than any burst leads: the clock was set back.
        let ahead = if ahead > self.interval * self.burst { 0 } else { ahead };
        let granted = ahead + self.interval <= self.interval * self.burst;
        if granted {
            *spent = now + ahead + self.interval;
        }
        granted
    }
}

struct Budgets {
    all: i64,
    addresses: Cache<IpAddr, i64>,
    /// When the count was last told.
    told_at: i64,
}

/// The gate before the record of refusals.
pub struct Refusals {
    budgets: Mutex<Budgets>,
    waiting: AtomicUsize,
    dropped: AtomicU64,
    untold: AtomicU64,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            budgets: Mutex::new(Budgets { all: 0, addresses: Cache::new(ADDRESSES), told_at: 0 }),
            waiting: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        }
    }
}

/// Leave to write one refusal down, and a number of dropped ones to tell along with it. Dropping it unwritten counts both
/// as dropped.
pub struct Leave {
    refusals: Arc<Refusals>,
    refusal: bool,
    untold: u64,
    written: AtomicBool,
}

impl Refusals {
    /// How many refusals have not been written down since the process began.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Leave to write one down; `None`: it is counted instead.
    pub fn admit(self: &Arc<Self>, from: Option<IpAddr>, now: Timestamp) -> Option<Leave> {
        let waiting = self.waiting.fetch_add(1, Ordering::AcqRel);
        let mut leave =
            Leave { refusals: Arc::clone(self), refusal: true, untold: 0, written: AtomicBool::new(false) };
        let now = now.millis();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting >= WAITING || !budgets.take(from, now) {
            return None;
        }
        if (now - budgets.told_at).abs() >= TELL_EVERY {
            leave.untold = self.untold.swap(0, Ordering::AcqRel);
            if leave.untold > 0 {
                budgets.told_at = now;
            }
        }
        Some(leave)
    }

    /// Leave to tell what has not been told; `None` when there is nothing.
    pub fn admit_count(self: &Arc<Self>) -> Option<Leave> {
        let untold = self.untold.swap(0, Ordering::AcqRel);
        let leave =
            || Leave { refusals: Arc::clone(self), refusal: false, untold, written: AtomicBool::new(false) };
        (untold > 0).then(leave)
    }
}

impl Budgets {
    fn take(&mut self, from: Option<IpAddr>, now: i64) -> bool {
        let Some(address) = from.map(neighbourhood) else { return ALL.take(&mut self.all, now) };
        let mut spent = self.addresses.get(&address).copied().unwrap_or(0);
        let granted = ADDRESS.take(&mut spent, now) && ALL.take(&mut self.all, now);
        if granted {
            self.addresses.insert(address, spent);
        }
        granted
    }
}

impl Leave {
    /// How many dropped refusals are to be told.
    pub fn untold(&self) -> u64 {
        self.untold
    }

    /// Everything stands in the database.
    pub fn written(&self) {
        self.written.store(true, Ordering::Release);
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        let lost = u64::from(self.refusal);
        self.refusals.waiting.fetch_sub(usize::from(self.refusal), Ordering::AcqRel);
        if !self.written.load(Ordering::Acquire) {
            self.refusals.dropped.fetch_add(lost, Ordering::Relaxed);
            self.refusals.untold.fetch_add(self.untold + lost, Ordering::AcqRel);
        }
    }
}

/// Whoever has one address of an IPv6 /64 has them all.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

    /// How many of `tries` refusals are written down.
    fn written(refusals: &Arc<Refusals>, addresses: &[IpAddr], tries: usize, now: Timestamp) -> usize {
        let try_one = |number: usize| {
            let leave = refusals.admit(Some(addresses[number % addresses.len()]), now)?;
            leave.written();
            Some(())
        };
        (0..tries).filter_map(try_one).count()
    }

    #[test]
    fn one_address_cannot_fill_the_log() {
        let refusals = Arc::<Refusals>::default();
        let one = ["2001:db8::1".parse().unwrap()];
        let neighbour = ["2001:db8::ffff".parse().unwrap()];
        let other = ["198.51.100.7".parse().unwrap()];
        assert_eq!(written(&refusals, &one, 100, NOON), 60);
        assert_eq!(written(&refusals, &neighbour, 100, NOON), 0, "the same /64");
        assert_eq!(written(&refusals, &other, 5, NOON), 5);
        assert_eq!(refusals.dropped(), 140);
        assert_eq!(written(&refusals, &one, 100, NOON.plus(Duration::from_secs(100))), 10);
    }

    #[test]
    fn neither_can_many_addresses() {
        let refusals = Arc::<Refusals>::default();
        let many: Vec<IpAddr> = (0..5_000_u32).map(|number| IpAddr::V4(number.into())).collect();
        assert_eq!(written(&refusals, &many, 5_000, NOON), 1_000);
        assert_eq!(written(&refusals, &many, 5_000, NOON.plus(Duration::from_mins(1))), 30);
    }

    #[test]
    fn a_clock_that_was_set_back_closes_nothing() {
        let refusals = Arc::<Refusals>::default();
        let one = ["198.51.100.7".parse().unwrap()];
        assert_eq!(written(&refusals, &one, 100, NOON.plus(Duration::from_hours(24))), 60);
        assert_eq!(written(&refusals, &one, 5, NOON), 5);
    }

    #[test]
    fn only_so_many_wait_for_the_database() {
        let refusals = Arc::<Refusals>::default();
        let waiting: Vec<_> =
            (0..100_u32).filter_map(|number| refusals.admit(Some(IpAddr::V4(number.into())), NOON)).collect();
        assert_eq!((waiting.len(), refusals.dropped()), (WAITING, 36));
        drop(waiting);
        assert_eq!(refusals.dropped(), 100, "none of them was written");
    }

    #[test]
    fn what_was_dropped_is_told_once_and_again_when_the_telling_failed() {
        let refusals = Arc::<Refusals>::default();
        let one = "198.51.100.7".parse().unwrap();
        written(&refusals, &[one], 65, NOON);
        let later = NOON.plus(Duration::from_mins(1));
        let failed = refusals.admit(Some(one), later).unwrap();
        assert_eq!(failed.untold(), 5);
        drop(failed);
        let leave = refusals.admit_count().unwrap();
        assert_eq!(leave.untold(), 6);
        leave.written();
        drop(leave);
        assert!(refusals.admit_count().is_none());
        assert_eq!(refusals.dropped(), 6);
    }
}
