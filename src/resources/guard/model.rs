//! The delay behind wrong passwords: whose budget an attempt is charged to, and how long the next one waits.

use std::time::Duration;

use crate::base::{Id, Timestamp};
use crate::security::{AddressBlock, KeySet, Mac};

/// Attempts that may fail before the first delay.
const FREE: i64 = 5;
/// The longest delay.
const LONGEST: Duration = Duration::from_mins(15);
/// How long failures are remembered when nobody tries again: those that brought no delay yet, and others. Whoever waits for
/// the one to pass or sits out the delays of the other has about a hundred attempts a day.
const FEW_REMEMBERED: Duration = Duration::from_hours(1);
const REMEMBERED: Duration = Duration::from_hours(24);
/// An attempt further ahead than this is one of a clock that has been set back since.
const AHEAD: Duration = Duration::from_mins(1);

/// Whose budget an attempt is charged to: a fingerprint, so that the database tells nobody which names are guessed at.
pub(super) type Subject = [u8; 16];

/// Who tries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guesser<'a> {
    /// Anybody, at this login name; whether there is such an account makes no difference.
    Stranger(&'a str),
    /// A known device, at this login name: what strangers do does not touch it, nor what other known devices do.
    Known(&'a str, AddressBlock),
    /// Somebody who is signed in to this account, asked for its password again.
    SignedIn(Id),
}

impl Guesser<'_> {
    pub(super) fn subject(self, keys: &KeySet) -> Subject {
        let tag = match self {
            Self::Stranger(name) => keys.guess.tag(&[b"s", name.as_bytes()]),
            Self::Known(name, address) => keys.guess.tag(&[b"k", &address.bytes(), name.as_bytes()]),
            Self::SignedIn(account) => keys.guess.tag(&[b"a", account.as_bytes()]),
        };
        short(tag)
    }
}

/// The fingerprint of a device: the account and the address it signs in from.
pub(super) fn device(keys: &KeySet, account: i64, address: AddressBlock) -> [u8; 16] {
    short(keys.device.tag(&[&account.to_be_bytes(), &address.bytes()]))
}

fn short(tag: [u8; Mac::BYTES]) -> [u8; 16] {
    let [(first, _), ..] = [tag.split_at(16)];
    first.try_into().expect("half of 32 bytes")
}

/// Failed attempts, and the newest of them. An attempt counts as failed until it has been judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failures {
    pub count: i64,
    pub last: Timestamp,
}

impl Failures {
    /// How long the next attempt has to wait; `None` when it need not.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let free_at = self.last.plus(delay(self.count));
        (now < free_at && !self.forgotten(now)).then(|| free_at.since(now))
    }

    fn forgotten(&self, now: Timestamp) -> bool {
        let remembered = if self.count < FREE { FEW_REMEMBERED } else { REMEMBERED };
        now >= self.last.plus(remembered) || self.last > now.plus(AHEAD)
    }

    /// With one more.
    pub(super) fn and_one(before: Option<Self>, now: Timestamp) -> Self {
        let count = before.filter(|before| !before.forgotten(now)).map_or(0, |before| before.count);
        Self { count: count.saturating_add(1), last: now }
    }
}

/// What is older than these is forgotten: rows of fewer failures than the number, and all rows.
pub(super) fn horizons(now: Timestamp) -> (Timestamp, i64, Timestamp) {
    (now.minus(FEW_REMEMBERED), FREE, now.minus(REMEMBERED))
}

/// Nothing for the first failures, then a second, twice as much each time.
fn delay(failures: i64) -> Duration {
    if failures < FREE {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(failures - FREE).unwrap_or(u32::MAX).min(20);
    Duration::from_secs(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + secs * 1000)
    }

    #[test]
    fn the_delay_doubles_from_a_second_to_a_quarter_of_an_hour() {
        let secs: Vec<_> = (1..=16).map(|failures| delay(failures).as_secs()).collect();
        assert_eq!(secs, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(delay(i64::MAX), LONGEST);
    }

    #[test]
    fn failures_are_forgotten_after_a_while_and_after_a_clock_was_set_back() {
        let few = Failures { count: 4, last: at(0) };
        assert_eq!(Failures::and_one(Some(few), at(3599)).count, 5);
        assert_eq!(Failures::and_one(Some(few), at(3600)).count, 1);
        let many = Failures { count: 20, last: at(0) };
        assert_eq!(many.wait(at(899)), Some(Duration::from_secs(1)));
        assert_eq!(many.wait(at(900)), None);
        assert_eq!(Failures::and_one(Some(many), at(86_399)).count, 21);
        assert_eq!(Failures::and_one(Some(many), at(86_400)).count, 1);
        assert_eq!(many.wait(at(-30)), Some(Duration::from_secs(930)));
        assert_eq!(many.wait(at(-61)), None);
    }

    /// Whoever keeps to the delays gets no further in a day than this, and by waiting for oblivion not either.
    #[test]
    fn a_patient_guesser_has_about_a_hundred_attempts_a_day() {
        let day = 24 * 3600;
        let (mut now, mut attempts, mut failures) = (0, 0, None);
        while now < day {
            let next = Failures::and_one(failures, at(now));
            failures = Some(next);
            attempts += 1;
            now += next.wait(at(now)).map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap());
        }
        assert!((100..=110).contains(&attempts), "{attempts}");
        assert_eq!((FREE - 1) * 24, 96);
    }
}
