//! What a statement can answer besides rows, the same for every engine.

use crate::base::{self, codes};

/// What stores return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A statement that did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A constraint spoke; its name is `uq_<table>_<columns>` or the like.
    #[error("constraint {0}")]
    Constraint(String),
    /// The transaction met another one and may run again; the seam does so before a caller sees it.
    #[error("the transaction met another one: {0}")]
    Conflict(String),
    /// The engine cannot take work at the moment: queue full, deadline passed, server away, outcome of a commit unknown.
    /// Our own words, which anybody may read; behind a colon and a space those of the engine, for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The disk is full.
    #[error("disk full: {0}")]
    Full(String),
    /// A fault of ours: bad SQL, a row of another shape.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// What happened, without the class it belongs to.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Constraint(text)
            | Self::Conflict(text)
            | Self::Unavailable(text)
            | Self::Full(text)
            | Self::Internal(text) => text,
        }
    }
}

impl From<Error> for base::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Constraint(name) => Self::internal(format!("nobody handled the constraint {name}")),
            Error::Unavailable(cause) | Error::Conflict(cause) => {
                Self::new(&codes::DATABASE_UNAVAILABLE).with_cause(cause)
            }
            Error::Full(cause) => Self::new(&codes::DATABASE_FULL).with_cause(cause),
            Error::Internal(cause) => Self::internal(cause),
        }
    }
}

/// The name of a constraint, and what a caller is told when it speaks.
pub type ConstraintWords<'a> = &'a [(&'a str, fn() -> base::Error)];

/// Turns constraints into words for the caller, at the call site: nothing checks first and inserts later.
pub trait OnConstraint<T> {
    /// The error that stands beside the name of the constraint that spoke.
    fn or_constraint(self, words: ConstraintWords<'_>) -> base::Result<T>;
}

impl<T> OnConstraint<T> for Result<T> {
    fn or_constraint(self, words: ConstraintWords<'_>) -> base::Result<T> {
        if let Err(Error::Constraint(spoken)) = &self
            && let Some((_, error)) = words.iter().find(|(name, _)| name == spoken)
        {
            return Err(error());
        }
        self.map_err(Into::into)
    }
}
