//! `/tasks`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{ChangeTask, CreateTask, ListRequest, TaskView};
use super::model::{SortBy, Task, TaskFilter, TaskName};
use super::service;
use crate::app::App;
use crate::base::{Error, Page, Result};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{
    CurrentUser, CursorScope, HttpState, IfMatch, IfNoneMatch, ItemId, JsonBody, ListView, PageParameters,
    Query, created, etag, item, no_content,
};
use crate::resources::idempotency::Receipt;

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update, delete))
}

/// List your tasks.
#[utoipa::path(
    get, path = "/tasks", operation_id = "list_tasks", tag = "tasks", security(("bearer" = [])),
    params(
        ("completed" = Option<bool>, Query, description = "Only those that are, or are not"),
        ("q" = Option<String>, Query, max_length = 200, description = "Text in title or description, whatever its case"),
        ("sort" = Option<String>, Query, description = "`created_at` (default), `-created_at`, `title` or `-title`"),
        ("owner" = Option<String>, Query, description = "Another account's id; administrators only"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<TaskView>),
        (status = 403, description = "`auth.forbidden`: somebody else's tasks"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    mut query: Query,
) -> Result<Json<ListView<TaskView>>> {
    let page = PageParameters::take(&mut query);
    let request = ListRequest::take(&mut query);
    let (page, ListRequest { owner, filter }) = query.finish((page, request))?;
    let owner = service::owner_of_list(&app, actor, owner).await?;
    let scope = scope(owner.unwrap_or_default(), &filter);
    let page = page.open(&scope, &app.keys)?;
    let found = match owner {
        Some(owner) => service::list(&app, owner, filter, page).await?,
        None => Page { items: Vec::new(), next: None, total: page.total.then_some(0) },
    };
    Ok(Json(ListView::new(found, &scope, &app.keys, TaskView::from)))
}

fn scope(owner: i64, filter: &TaskFilter) -> CursorScope {
    let completed = match filter.completed {
        None => "any",
        Some(true) => "completed",
        Some(false) => "open",
    };
    let sort = match filter.sort {
        SortBy::CreatedAt => "created_at",
        SortBy::Title => "title",
    };
    let search = filter.search.as_deref().unwrap_or_default();
    CursorScope::new(owner, "tasks", &[completed, sort, filter.direction.word(), search])
}

/// Make a task.
#[utoipa::path(
    post, path = "/tasks", operation_id = "create_task", tag = "tasks", security(("bearer" = [])), request_body = CreateTask,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 hours get the first answer again")),
    responses((status = 201, description = "The task", body = TaskView))
)]
async fn create(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    headers: HeaderMap,
    body: JsonBody<CreateTask>,
) -> Result<Response> {
    let key = IdempotencyKey::read(&headers, "POST /api/v1/tasks", body.bytes)?;
    let Receipt { location, etag, body } =
        service::create(&app, actor, body.sent.read(CreateTask::into_draft)?, key, receipt).await?;
    Ok(created(body, &location, &etag))
}

fn receipt(task: Task) -> Result<Receipt> {
    let location = format!("/api/v1/tasks/{}", task.id);
    let etag = etag(task.version);
    let body = serde_json::to_string(&TaskView::from(task)).map_err(Error::internal)?;
    Ok(Receipt { location, etag, body })
}

/// Read a task.
#[utoipa::path(
    get, path = "/tasks/{id}", operation_id = "read_task", tag = "tasks", security(("bearer" = [])),
    params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task", body = TaskView),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "`task.not_found`"),
    )
)]
async fn read(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    caller_has: IfNoneMatch,
) -> Result<Response> {
    let task = service::read(&app, actor, id.map(TaskName::Id)).await?;
    let version = task.version;
    Ok(item(&TaskView::from(task), version, &caller_has))
}

/// Change a task.
#[utoipa::path(
    patch, path = "/tasks/{id}", operation_id = "change_task", tag = "tasks", security(("bearer" = [])), request_body = ChangeTask,
    params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task", body = TaskView),
        (status = 404, description = "`task.not_found`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn update(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
    body: JsonBody<ChangeTask>,
) -> Result<Response> {
    let task = service::update(
        &app,
        actor,
        id.map(TaskName::Id),
        body.sent.read(ChangeTask::into_change)?,
        precondition,
    )
    .await?;
    let version = task.version;
    Ok(item(&TaskView::from(task), version, &IfNoneMatch::default()))
}

/// Delete a task.
#[utoipa::path(
    delete, path = "/tasks/{id}", operation_id = "delete_task", tag = "tasks", security(("bearer" = [])),
    params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`task.not_found`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn delete(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
) -> Result<Response> {
    service::delete(&app, actor, id.map(TaskName::Id), precondition).await?;
    Ok(no_content())
}
