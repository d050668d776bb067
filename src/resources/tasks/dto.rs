//! Tasks on the wire of `/api/v1`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{SortBy, Task, TaskChange, TaskDraft, TaskFilter};
use crate::base::{Change, Check, Direction, Id, Input, Result, Timestamp, text};
use crate::http::Query;

const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 10_000;
const LONGEST_SEARCH: usize = 200;
const A_TIME: &str = "an RFC 3339 date and time with offset, such as 2026-11-21T08:15:30Z";

/// A new task.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CreateTask {
    /// What is to be done, in one line.
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    #[serde(default)]
    title: Input<String>,
    /// More about it; lines and tabs are kept.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    #[serde(default)]
    description: Input<String>,
    /// Whether it is done already.
    #[schema(value_type = Option<bool>, nullable = false)]
    #[serde(default)]
    completed: Input<bool>,
    /// When it is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default)]
    due_at: Input<Timestamp>,
}

impl CreateTask {
    /// The task to be made.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_draft(self) -> Result<TaskDraft> {
        let mut check = Check::new();
        let title = check
            .required("title", "a text", self.title)
            .and_then(|title| check.line("title", &title, 1, LONGEST_TITLE));
        let description = check.optional("description", "a text", self.description).value();
        let description = description.and_then(|text| check.lines("description", &text, LONGEST_DESCRIPTION));
        let completed = check.not_null("completed", "true or false", self.completed);
        let due_at = check.optional("due_at", A_TIME, self.due_at).value();
        let draft = title.map(|title| TaskDraft {
            title,
            description: description.unwrap_or_default(),
            completed: completed.unwrap_or(false),
            due_at,
        });
        check.finish(draft)
    }
}

/// Changes to a task: only the fields sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ChangeTask {
    /// What is to be done, in one line.
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200)]
    #[serde(default)]
    title: Input<String>,
    /// More about it; `null` clears it.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    #[serde(default)]
    description: Input<String>,
    /// Whether it is done.
    #[schema(value_type = Option<bool>, nullable = false)]
    #[serde(default)]
    completed: Input<bool>,
    /// When it is due; `null` clears it.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default)]
    due_at: Input<Timestamp>,
}

impl ChangeTask {
    pub(super) fn into_change(self) -> Result<TaskChange> {
        let mut check = Check::new();
        let title = check
            .not_null("title", "a text", self.title)
            .and_then(|title| check.line("title", &title, 1, LONGEST_TITLE));
        let description = match check.optional("description", "a text", self.description) {
            Change::Keep => None,
            Change::Clear => Some(String::new()),
            Change::Set(text) => check.lines("description", &text, LONGEST_DESCRIPTION),
        };
        let completed = check.not_null("completed", "true or false", self.completed);
        let due_at = check.optional("due_at", A_TIME, self.due_at);
        check.finish(Some(TaskChange { title, description, completed, due_at }))
    }
}

/// A task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// What is to be done.
    title: String,
    /// More about it.
    description: String,
    /// Whether it is done.
    completed: bool,
    /// When it is due.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    due_at: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// When it was completed.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    completed_at: Option<Timestamp>,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            title: task.title,
            description: task.description,
            completed: task.completed_at.is_some(),
            due_at: task.due_at,
            created_at: task.created_at,
            updated_at: task.updated_at,
            completed_at: task.completed_at,
        }
    }
}

/// What a list request asks for besides its page.
#[derive(Debug)]
pub(super) struct ListRequest {
    pub owner: Option<Id>,
    pub filter: TaskFilter,
}

impl ListRequest {
    pub(super) fn take(query: &mut Query) -> Self {
        let sorts = [
            ("created_at", (SortBy::CreatedAt, Direction::Ascending)),
            ("-created_at", (SortBy::CreatedAt, Direction::Descending)),
            ("title", (SortBy::Title, Direction::Ascending)),
            ("-title", (SortBy::Title, Direction::Descending)),
        ];
        let completed = query.truth("completed");
        let search = query.text("q").and_then(|words| query.check.line("q", &words, 0, LONGEST_SEARCH));
        let (sort, direction) = query.choice("sort", &sorts).unwrap_or(sorts[0].1);
        let owner = query.text("owner").and_then(|text| {
            let id = text.parse().ok();
            if id.is_none() {
                query.check.refuse("owner", "malformed", "owner must be an account's id.");
            }
            id
        });
        let search = search.filter(|words| !words.is_empty()).map(|words| text::fold(&words));
        Self { owner, filter: TaskFilter { completed, search, sort, direction } }
    }
}
