//! `/tasks`: the caller's tasks; an administrator reads everybody's.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::wire::{Caller, Complaints, Pagination, TaskView, fields, members, page};
use crate::app::App;
use crate::base::{Actor, Check, Error, Precondition, Result, codes};
use crate::dialects::answer::{self, told};
use crate::dialects::json::Fields;
use crate::dialects::paths::NumberedId;
use crate::dialects::routes::{Methods, Routes};
use crate::http::RawBody;
use crate::resources::tasks::{self, TaskChange, TaskDraft, TaskName, numbered};

/// The columns of the original are that wide.
const LONGEST_TITLE: usize = 100;
const LONGEST_DESCRIPTION: usize = 200;

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/tasks/", Methods::new().get(list).post(create));
    routes.at("/tasks/{id}", Methods::new().get(read).put(update).delete(delete));
}

async fn list(State(app): State<Arc<App>>, caller: Caller, uri: Uri) -> Result<Response> {
    let request = page(uri.query())?;
    let found = numbered::list(&app, caller.actor, request).await?;
    let pagination = Pagination::new(request, &found);
    let tasks: Vec<TaskView> = found.items.into_iter().map(TaskView::from).collect();
    Ok(answer::json(StatusCode::OK, &Listed { tasks, pagination }))
}

/// Written as it stands: a tree of values in between would cost more than the query.
#[derive(Serialize)]
struct Listed {
    tasks: Vec<TaskView>,
    pagination: Pagination,
}

async fn read(id: NumberedId, State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let task = numbered::read(&app, caller.actor, id.0).await?;
    Ok(answer::json(StatusCode::OK, &TaskView::from(task)))
}

async fn create(State(app): State<Arc<App>>, caller: Caller, body: RawBody) -> Result<Response> {
    let task = numbered::create(&app, caller.actor, read_draft(&caller.actor, fields(&body)?)?).await?;
    let answer = json!({ "message": "Task created successfully.", "task": TaskView::from(task) });
    Ok(answer::json(StatusCode::CREATED, &answer))
}

async fn update(
    id: NumberedId,
    State(app): State<Arc<App>>,
    caller: Caller,
    body: RawBody,
) -> Result<Response> {
    let change = read_change(&caller.actor, members(&body)?)?;
    match tasks::update(&app, caller.actor, id.0.map(TaskName::Key), change, Precondition::None).await {
        Ok(task) => {
            let answer = json!({ "message": "Task updated successfully.", "task": TaskView::from(task) });
            Ok(answer::json(StatusCode::OK, &answer))
        }
        // Here, and only here, the contract's key is `error` and the sentence has a stop.
        Err(error) if error.code() == &codes::TASK_NOT_FOUND => {
            Ok(told(error, answer::json(StatusCode::NOT_FOUND, &json!({ "error": "Task not found." }))))
        }
        Err(error) => Err(error),
    }
}

async fn delete(id: NumberedId, State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    tasks::delete(&app, caller.actor, id.0.map(TaskName::Key), Precondition::None).await?;
    Ok(answer::json(StatusCode::OK, &json!({ "message": "Task deleted successfully." })))
}

fn read_draft(actor: &Actor, mut fields: Fields) -> Result<TaskDraft> {
    let mut complaints = Complaints::default();
    let title = complaints.required(&mut fields, "title");
    let title = title.and_then(|value| read_title(&mut complaints, value));
    let owner = complaints.required(&mut fields, "user_id");
    if let Some(owner) = owner {
        check_owner(&mut complaints, actor, &owner);
    }
    let description = fields.take("description").and_then(|value| read_description(&mut complaints, value));
    let draft = title.map(|title| TaskDraft {
        title,
        description: description.unwrap_or_default(),
        completed: false,
        due_at: None,
    });
    complaints.finish(draft)
}

fn read_change(actor: &Actor, mut fields: Fields) -> Result<TaskChange> {
    let mut complaints = Complaints::default();
    let title = fields.take("title").and_then(|value| read_title(&mut complaints, value));
    let description = fields.take("description").and_then(|value| read_description(&mut complaints, value));
    let completed = match fields.take("completed") {
        None => None,
        Some(Value::Bool(completed)) => Some(completed),
        Some(_) => {
            complaints.refuse("completed", "The field completed must be true or false.");
            None
        }
    };
    if let Some(owner) = fields.take("user_id") {
        check_owner(&mut complaints, actor, &owner);
    }
    complaints.finish(Some(TaskChange { title, description, completed, ..TaskChange::default() }))
}

fn read_title(complaints: &mut Complaints, value: Value) -> Option<String> {
    let title = complaints.text("title", value, LONGEST_TITLE)?;
    judged(complaints, "title", |check| check.line("title", &title, 1, LONGEST_TITLE))
}

fn read_description(complaints: &mut Complaints, value: Value) -> Option<String> {
    let description = complaints.text("description", value, LONGEST_DESCRIPTION)?;
    judged(complaints, "description", |check| check.lines("description", &description, LONGEST_DESCRIPTION))
}

/// What holds for texts everywhere in the house, as complaints.
fn judged(
    complaints: &mut Complaints,
    field: &'static str,
    read: impl FnOnce(&mut Check) -> Option<String>,
) -> Option<String> {
    let mut check = Check::new();
    let text = read(&mut check);
    let refused = |error: &Error| {
        for refusal in error.fields() {
            complaints.refuse(field, refusal.message.clone());
        }
    };
    check.finish(text).inspect_err(refused).ok()
}

/// Tasks are the caller's own. Another's id is answered like one that nobody has: ids tell nothing.
fn check_owner(complaints: &mut Complaints, actor: &Actor, owner: &Value) {
    let number = match owner {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    if number != Some(actor.account) {
        complaints.refuse("user_id", "The specified user_id does not exist.");
    }
}
