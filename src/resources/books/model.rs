//! Books as the services know them.

use crate::base::{Direction, Id, Position, SortValue, Timestamp, text};
use crate::files::StoredPicture;

/// A book of somebody's library.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub key: i64,
    pub id: Id,
    pub title: String,
    pub description: String,
    pub category: String,
    pub cover: Option<StoredPicture>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A book to be made, checked.
#[derive(Clone, Debug)]
pub struct BookDraft {
    /// 1 to 200 characters on one line.
    pub title: String,
    /// At most 10,000 characters; may be empty.
    pub description: String,
    /// One of the configured categories.
    pub category: String,
}

/// Changes to a book; `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BookChange {
    pub title: Option<String>,
    pub description: Option<String>,
    pub category: Option<String>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortBy {
    CreatedAt,
    Title,
}

/// Which books, in which order.
#[derive(Clone, Debug)]
pub(super) struct BookFilter {
    pub category: Option<String>,
    /// Folded text that title or description must contain.
    pub search: Option<String>,
    pub sort: SortBy,
    pub direction: Direction,
}

/// What titles are compared, sorted and searched by.
pub(super) fn title_key(title: &str) -> String {
    text::fold_within(title, 600)
}

impl Book {
    /// Its place in a list.
    pub(super) fn position(&self, sort: SortBy) -> Position {
        let sort = match sort {
            SortBy::CreatedAt => SortValue::Number(self.created_at.millis()),
            SortBy::Title => SortValue::Text(title_key(&self.title)),
        };
        Position { sort, key: self.key }
    }
}

/// Tells the content of one cover from that of the next, in the address of its picture in full size.
pub(super) fn content_version(cover: &StoredPicture) -> String {
    let mut digits = cover.thumbnail.digits();
    digits.truncate(12);
    digits
}
