//! Points in time as the database keeps them and as the API writes them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// UTC milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The last millisecond that RFC 3339 can write with a year of four digits.
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From UTC milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// UTC milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole UTC seconds, rounded down (JWT dates, RFC 7519).
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This much later; saturates.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This much earlier; saturates.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to here; zero when the order is the other way round.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339 with any offset; digits beyond milliseconds are dropped. Years 1970 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
        (0..=LAST).contains(&millis).then_some(Self(millis))
    }

    /// As HTTP headers write times (RFC 9110, section 5.6.7): `Sat, 21 Nov 2026 08:15:30 GMT`.
    pub fn http_date(self) -> String {
        let at = OffsetDateTime::from_unix_timestamp(self.0.clamp(0, LAST).div_euclid(1000))
            .expect("a clamped second lies within the calendar");
        let weekday =
            &"SunMonTueWedThuFriSat"[usize::from(at.weekday().number_days_from_sunday()) * 3..][..3];
        let month = &"JanFebMarAprMayJunJulAugSepOctNovDec"[usize::from(u8::from(at.month()) - 1) * 3..][..3];
        let (hour, minute, second) = at.to_hms();
        let mut text = *b"Sun, 00 Jan 0000 00:00:00 GMT";
        text[..3].copy_from_slice(weekday.as_bytes());
        text[8..11].copy_from_slice(month.as_bytes());
        let year = u16::try_from(at.year()).unwrap_or_default();
        let [century, year] = [year / 100, year % 100].map(|two| u8::try_from(two).unwrap_or_default());
        for (place, number) in
            [(5, at.day()), (12, century), (14, year), (17, hour), (20, minute), (23, second)]
        {
            text[place] = b'0' + number / 10;
            text[place + 1] = b'0' + number % 10;
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Writes `2026-11-21T08:15:30.250Z` into a buffer of 24 bytes.
    fn write(self, buffer: &mut [u8; 24]) -> &str {
        let clamped = self.0.clamp(0, LAST);
        let at = OffsetDateTime::from_unix_timestamp(clamped.div_euclid(1000))
            .expect("a clamped second lies within the calendar")
            .to_offset(UtcOffset::UTC);
        buffer.copy_from_slice(b"0000-00-00T00:00:00.000Z");
        let mut put = |at: usize, width: usize, mut value: u32| {
            for place in (at..at + width).rev() {
                buffer[place] = b'0' + u8::try_from(value % 10).expect("one digit");
                value /= 10;
            }
        };
        put(0, 4, at.year().unsigned_abs());
        put(5, 2, u8::from(at.month()).into());
        put(8, 2, at.day().into());
        put(11, 2, at.hour().into());
        put(14, 2, at.minute().into());
        put(17, 2, at.second().into());
        put(20, 3, u32::try_from(clamped.rem_euclid(1000)).expect("less than 1000"));
        std::str::from_utf8(buffer).expect("only ASCII was written")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; 24]))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.write(&mut [0; 24]))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an RFC 3339 date and time with offset"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_offsets_and_writes_utc() {
        let at = Timestamp::parse("2026-11-21T10:15:30.25+02:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-21T08:15:30.250Z");
        assert_eq!(Timestamp::parse("2026-11-21"), None);
        assert_eq!(Timestamp::parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(at.http_date(), "Sat, 21 Nov 2026 08:15:30 GMT");
        assert_eq!(Timestamp::from_millis(0).http_date(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(Timestamp::from_millis(-5).to_string(), "1970-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0..=LAST) {
            let at = Timestamp::from_millis(millis);
            prop_assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
