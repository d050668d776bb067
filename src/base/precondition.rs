//! "Only if it still is what I read."

use super::{Error, Result, codes};

/// Which version of an item a caller wants to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever it is now.
    #[default]
    None,
    /// One of these.
    Versions(Vec<i64>),
}

impl Precondition {
    /// Refuses the change when the item is of another version.
    ///
    /// # Errors
    /// `precondition.failed`.
    pub fn demand(&self, version: i64) -> Result<()> {
        match self {
            Self::Versions(wanted) if !wanted.contains(&version) => Err(Error::new(&codes::STALE)),
            _ => Ok(()),
        }
    }
}
