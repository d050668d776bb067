//! Public ids: UUID version 7 (RFC 9562), made by us so that all engines agree.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{Clock, Randomness};

/// The id that the outside sees. Sorts by the millisecond of its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Uuid);

impl Id {
    /// A new id: 48 bits of time, 74 random bits.
    pub fn new(clock: &dyn Clock, random: &dyn Randomness) -> Self {
        let millis = u64::try_from(clock.now().millis()).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid())
    }

    /// From the sixteen bytes that the database keeps.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The sixteen bytes that the database keeps.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::try_parse(text).map(Self)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.hyphenated().encode_lower(&mut [0; 36]))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut [0; 36]))
    }
}
