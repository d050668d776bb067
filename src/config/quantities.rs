//! Durations and sizes, written with their units.

use std::time::Duration;

use bytesize::ByteSize;
use serde_json::Value as Json;

use super::kinds::{Kind, Scalar};

const TIMES: &[(u128, &str)] = &[
    (86_400_000_000_000, "d"),
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1_000, "us"),
    (1, "ns"),
];

const SIZES: &[(u128, &str)] =
    &[(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")];

impl Scalar for Duration {
    const KIND: Kind = Kind::text("a duration with its unit, such as 250ms, 10s, 15m, 12h or 30d");

    fn parse(text: &str) -> Option<Self> {
        humantime::parse_duration(text.trim()).ok()
    }

    fn shown(&self) -> Json {
        Json::from(exact(self.as_nanos(), TIMES))
    }
}

impl Scalar for ByteSize {
    const KIND: Kind = Kind::text("a size with its unit, such as 512B, 64KiB, 1MiB or 2GiB");

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn shown(&self) -> Json {
        Json::from(exact(u128::from(self.as_u64()), SIZES))
    }
}

/// The amount in the largest unit that needs no rounding: the libraries' own display rounds a size to a decimal
/// and splits 180 days into months.
fn exact(amount: u128, units: &[(u128, &str)]) -> String {
    let unit = units.iter().find(|(unit, _)| amount.is_multiple_of(*unit));
    let (unit, name) = unit.expect("the last unit is 1");
    format!("{}{name}", amount / unit)
}
