//! Tasks as the services know them.

use crate::base::{Change, Direction, Id, Position, SortValue, Timestamp, text};

/// Something to be done.
#[derive(Clone, Debug)]
pub struct Task {
    /// The key inside the database, which numbered doors show.
    pub key: i64,
    /// The id outside.
    pub id: Id,
    /// The key of the account it belongs to.
    pub account: i64,
    /// What is to be done.
    pub title: String,
    /// More about it.
    pub description: String,
    /// When it is due.
    pub due_at: Option<Timestamp>,
    /// Raised with every change of the row.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Set while the task is completed.
    pub completed_at: Option<Timestamp>,
}

/// A task to be made, checked.
#[derive(Clone, Debug)]
pub struct TaskDraft {
    /// 1 to 200 characters on one line.
    pub title: String,
    /// At most 10,000 characters; may be empty.
    pub description: String,
    /// Whether it is done already.
    pub completed: bool,
    /// When it is due.
    pub due_at: Option<Timestamp>,
}

/// Changes to a task; `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskChange {
    /// What is to be done.
    pub title: Option<String>,
    /// More about it.
    pub description: Option<String>,
    /// Whether it is done.
    pub completed: Option<bool>,
    /// When it is due.
    pub due_at: Change<Timestamp>,
}

/// How a door names a task.
#[derive(Clone, Copy, Debug)]
pub enum TaskName {
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

/// Which tasks, in which order.
#[derive(Clone, Debug)]
pub(super) struct TaskFilter {
    pub completed: Option<bool>,
    /// Folded text that title or description must contain.
    pub search: Option<String>,
    pub sort: SortBy,
    pub direction: Direction,
}

/// What titles are sorted and searched by.
pub(super) fn title_key(title: &str) -> String {
    text::fold_within(title, 600)
}

impl Task {
    /// Its place in a list.
    pub(super) fn position(&self, sort: SortBy) -> Position {
        let sort = match sort {
            SortBy::CreatedAt => SortValue::Number(self.created_at.millis()),
            SortBy::Title => SortValue::Text(title_key(&self.title)),
        };
        Position { sort, key: self.key }
    }
}
