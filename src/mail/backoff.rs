//! When a mail that could not be sent is tried again.

use std::time::Duration;

/// The pause behind the first attempt.
const FIRST: Duration = Duration::from_secs(10);
/// The longest pause.
const LONGEST: Duration = Duration::from_hours(6);

/// The pause behind so many attempts, at least one: twice as long each time, and up to a fifth shorter or longer, so
/// that mails which failed together do not come back together. `random` is any number.
pub(super) fn pause(attempts: i64, random: u32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let pause = (FIRST * 2_u32.pow(doublings)).min(LONGEST);
    let fifths = f64::from(random) / f64::from(u32::MAX) * 0.4 + 0.8;
    pause.mul_f64(fifths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_vary_by_a_fifth() {
        let middle = u32::MAX / 2;
        let seconds = |attempts, random| pause(attempts, random).as_secs();
        assert_eq!(
            [1, 2, 3, 4].map(|attempts| (pause(attempts, middle).as_millis() + 500) / 1000),
            [10, 20, 40, 80]
        );
        assert_eq!((seconds(1, 0), seconds(1, u32::MAX)), (8, 12));
        for attempts in [13, 20, 1_000, i64::MAX] {
            assert!((17_280..=25_920).contains(&seconds(attempts, 7)), "{attempts}");
        }
        assert_eq!(seconds(0, 0), 8);
    }

    #[test]
    fn two_days_hold_enough_attempts_for_a_long_weekend_of_a_server() {
        let (mut after, mut attempts) = (Duration::ZERO, 1);
        while after + pause(attempts, u32::MAX / 2) <= Duration::from_hours(48) {
            after += pause(attempts, u32::MAX / 2);
            attempts += 1;
        }
        assert!((15..=25).contains(&attempts), "{attempts}");
    }
}
