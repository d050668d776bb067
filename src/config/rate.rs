//! How often something may happen: a count for each unit of time, and how much of it at once.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde_json::Value as Json;

use super::kinds::{Kind, Scalar};

const UNITS: &[(&str, Duration)] = &[
    ("s", Duration::from_secs(1)),
    ("m", Duration::from_mins(1)),
    ("h", Duration::from_hours(1)),
    ("d", Duration::from_hours(24)),
];

/// As many days are still fewer nanoseconds than 64 bits hold, in which limiters count.
const MOST: u32 = 100_000;

/// A count per time: `30/m` is 30 at once and one more every two seconds after that; `30/m burst 5` is 5 at once. Each number
/// is at most 100,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: NonZeroU32,
    unit: &'static str,
    per: Duration,
    burst: NonZeroU32,
}

impl Rate {
    /// The time after which one more may happen.
    pub fn interval(&self) -> Duration {
        self.per / self.count.get()
    }

    /// How many may happen at once, after a rest.
    pub fn burst(&self) -> NonZeroU32 {
        self.burst
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or(Self::KIND.expected)
    }
}

impl Scalar for Rate {
    const KIND: Kind =
        Kind::text("a count per s, m, h or d, such as 30/m, perhaps with how many at once: 30/m burst 100");

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse().ok().filter(|number: &NonZeroU32| number.get() <= MOST);
        let (rate, burst) = match text.split_once("burst") {
            Some((rate, burst)) => (rate, Some(number(burst)?)),
            None => (text, None),
        };
        let (count, unit) = rate.split_once('/')?;
        let (unit, per) = UNITS.iter().copied().find(|(name, _)| *name == unit.trim())?;
        let count = number(count)?;
        Some(Self { count, unit, per, burst: burst.unwrap_or(count) })
    }

    fn shown(&self) -> Json {
        Json::from(self.to_string())
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit)?;
        if self.burst == self.count { Ok(()) } else { write!(f, " burst {}", self.burst) }
    }
}
