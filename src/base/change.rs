//! What a PATCH says of one field.

/// A field that was not sent, was cleared, or was set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// Not sent: it stays as it is.
    #[default]
    Keep,
    /// Sent as `null`.
    Clear,
    /// Sent.
    Set(T),
}

impl<T> Change<T> {
    /// The value sent, if one was.
    pub fn value(self) -> Option<T> {
        if let Self::Set(value) = self { Some(value) } else { None }
    }

    /// The field after the change.
    pub fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Reads a sent value further; one that cannot be read has been refused by then, and keeps.
    #[must_use]
    pub fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => read(value).map_or(Change::Keep, Change::Set),
        }
    }
}
