//! Books as the services know them.

use crate::base::{Direction, Id, Position, SortValue, Timestamp, text};
use crate::files::StoredPicture;

/// A book of somebody's library.
#[derive(Clone, Debug)]
pub struct Book {
    /// The key inside the database, which numbered doors show.
    pub key: i64,
    /// The id outside.
    pub id: Id,
    /// The key of the account it belongs to.
    pub account: i64,
    /// What it is called.
    pub title: String,
    /// More about it.
    pub description: String,
    /// What kind of book it is.
    pub category: String,
    /// Its cover.
    pub cover: Option<StoredPicture>,
    /// Raised with every change of the row.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
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
pub struct BookChange {
    /// What it is called.
    pub title: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// What kind of book it is.
    pub category: Option<String>,
}

/// How a door names a book.
#[derive(Clone, Copy, Debug)]
pub enum BookName {
    /// By its public id.
    Id(Id),
    /// By its key.
    Key(i64),
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

/// The longest [`title_key`] that an index takes, in characters. Some letters fold to many, such as Arabic ligatures.
pub(super) const LONGEST_TITLE_KEY: usize = 600;

/// What titles are compared, sorted and searched by.
pub(super) fn title_key(title: &str) -> String {
    text::fold_within(title, LONGEST_TITLE_KEY)
}

impl Book {
    /// Where its cover's thumbnail is for everybody who knows the address.
    pub fn thumbnail_url(&self, public_url: &str) -> Option<String> {
        self.cover.map(|cover| format!("{public_url}/api/v1/covers/{}", cover.thumbnail.file()))
    }

    /// Takes the changes over.
    pub(super) fn apply(&mut self, change: BookChange) {
        let BookChange { title, description, category } = change;
        for (field, change) in
            [(&mut self.title, title), (&mut self.description, description), (&mut self.category, category)]
        {
            if let Some(changed) = change {
                *field = changed;
            }
        }
    }

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
