//! `/users`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{ChangePerson, CreatePerson, DecisionRequest, DisableRequest, PersonView, person_etag};
use super::model::PeopleFilter;
use super::{service, session_routes, standing};
use crate::app::App;
use crate::base::{Caller, DecidesPeople, Error, ManagesPeople, Permission, ReadsPeople, Result};
use crate::http::idempotency::IdempotencyKey;
use crate::http::{
    CursorScope, EmptyBody, HttpState, IfMatch, IfNoneMatch, ItemId, JsonBody, ListView, PageParameters,
    Query, created, no_content, tagged_item,
};
use crate::resources::accounts::Account;
use crate::resources::audit::Permitted;
use crate::resources::idempotency::Receipt;

/// The routes of this part.
pub(in crate::resources::accounts) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, update, delete))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .merge(session_routes::routes())
}

/// List accounts. For administrators and approvers.
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "people", security(("bearer" = [])),
    params(
        ("status" = Option<String>, Query, description = "`pending`, `active` or `disabled`: as it is now"),
        ("role" = Option<String>, Query, description = "`user`, `approver` or `admin`"),
        ("q" = Option<String>, Query, max_length = 200, description = "Text in the name or user name, or at the beginning of the e-mail address, whatever its case"),
        ("sort" = Option<String>, Query, description = "`created_at` (default) or `-created_at`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<PersonView>),
        (status = 403, description = "`auth.forbidden`"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ReadsPeople>,
    mut query: Query,
) -> Result<Json<ListView<PersonView>>> {
    let page = PageParameters::take(&mut query);
    let filter = PeopleFilter::take(&mut query);
    let (page, filter) = query.finish((page, filter))?;
    let scope = scope(permission.caller(), &filter);
    let page = page.open(&scope, &app.keys)?;
    let found = service::list(&app, &permission, filter, page).await?;
    Ok(Json(ListView::new(found, &scope, &app.keys, |account| PersonView::new(account, &permission))))
}

fn scope(caller: &Caller, filter: &PeopleFilter) -> CursorScope {
    let status = filter.status.map_or("any", |status| status.as_str());
    let role = filter.role.map_or("any", |role| role.as_str());
    let search = filter.search.as_deref().unwrap_or_default();
    let account = caller.actor().map_or(0, |actor| actor.account);
    CursorScope::new(account, "users", &[status, role, filter.direction.word(), search])
}

/// Make an account, whatever the registration setting. For administrators.
#[utoipa::path(
    post, path = "/users", operation_id = "create_user", tag = "people", security(("bearer" = [])), request_body = CreatePerson,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 hours get the first answer again")),
    responses(
        (status = 201, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 409, description = "`account.email_taken` or `account.username_taken`"),
    )
)]
async fn create(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    headers: HeaderMap,
    body: JsonBody<CreatePerson>,
) -> Result<Response> {
    let key = IdempotencyKey::read(&headers, "POST /api/v1/users", body.bytes)?;
    let person = body.sent.read(|body| body.into_person(&app.password_rules))?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let receipt = move |account: Account| {
        let location = format!("/api/v1/users/{}", account.id);
        let etag = person_etag(&account, &reader);
        let body = serde_json::to_string(&PersonView::new(account, &reader)).map_err(Error::internal)?;
        Ok(Receipt { location, etag, body })
    };
    let Receipt { location, etag, body } =
        service::create_once(&app, permission, person, key, receipt).await?;
    Ok(created(body, &location, &etag))
}

/// Read an account. For administrators and approvers.
#[utoipa::path(
    get, path = "/users/{id}", operation_id = "read_user", tag = "people", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 304, description = "Unchanged"),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
    )
)]
async fn read(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ReadsPeople>,
    ItemId(id): ItemId,
    caller_has: IfNoneMatch,
) -> Result<Response> {
    let account = service::read(&app, &permission, id).await?;
    Ok(person(account, &permission, &caller_has))
}

/// Change an account; another role or status acts on its next request. For administrators.
///
/// When a status other than `active` is set, all sessions end.
#[utoipa::path(
    patch, path = "/users/{id}", operation_id = "change_user", tag = "people", security(("bearer" = [])), request_body = ChangePerson,
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.email_taken`, `account.username_taken` or `account.last_admin`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn update(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
    body: JsonBody<ChangePerson>,
) -> Result<Response> {
    let change = body.sent.read(ChangePerson::into_change)?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let account = service::update(&app, permission, id, change, precondition).await?;
    Ok(person(account, &reader, &IfNoneMatch::default()))
}

/// Delete an account and all that it owns. For administrators.
#[utoipa::path(
    delete, path = "/users/{id}", operation_id = "delete_user", tag = "people", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.last_admin`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn delete(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
) -> Result<Response> {
    service::delete(&app, permission, id, precondition).await?;
    Ok(no_content())
}

/// Approve an account that waits. For administrators; for approvers when its role is `user`.
#[utoipa::path(
    post, path = "/users/{id}/approve", operation_id = "approve_user", tag = "people", security(("bearer" = [])),
    request_body = Option<DecisionRequest>,
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.not_pending`"),
    )
)]
async fn approve(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<DecidesPeople>,
    ItemId(id): ItemId,
    body: EmptyBody<DecisionRequest>,
) -> Result<Response> {
    let reason = reason(body)?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let account = standing::approve(&app, permission, id, reason).await?;
    Ok(person(account, &reader, &IfNoneMatch::default()))
}

/// Reject an account that waits: it is disabled, with the reason `rejected`. For administrators; for approvers when its
/// role is `user`.
#[utoipa::path(
    post, path = "/users/{id}/reject", operation_id = "reject_user", tag = "people", security(("bearer" = [])),
    request_body = Option<DecisionRequest>,
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.not_pending`"),
    )
)]
async fn reject(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<DecidesPeople>,
    ItemId(id): ItemId,
    body: EmptyBody<DecisionRequest>,
) -> Result<Response> {
    let reason = reason(body)?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let account = standing::reject(&app, permission, id, reason).await?;
    Ok(person(account, &reader, &IfNoneMatch::default()))
}

/// Disable an account, for ever or until a time; all its sessions end. For administrators.
#[utoipa::path(
    post, path = "/users/{id}/disable", operation_id = "disable_user", tag = "people", security(("bearer" = [])),
    request_body = Option<DisableRequest>,
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.not_active` or `account.last_admin`"),
    )
)]
async fn disable(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
    body: EmptyBody<DisableRequest>,
) -> Result<Response> {
    let disabling = body.0.map(|body| body.read(DisableRequest::into_disabling)).transpose()?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let account = standing::disable(&app, permission, id, disabling.unwrap_or_default()).await?;
    Ok(person(account, &reader, &IfNoneMatch::default()))
}

/// Enable an account that was disabled or rejected. For administrators.
#[utoipa::path(
    post, path = "/users/{id}/enable", operation_id = "enable_user", tag = "people", security(("bearer" = [])),
    request_body = Option<DecisionRequest>,
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 200, description = "The account", body = PersonView),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
        (status = 409, description = "`account.not_disabled`"),
    )
)]
async fn enable(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
    body: EmptyBody<DecisionRequest>,
) -> Result<Response> {
    let reason = reason(body)?;
    let reader = ReadsPeople::of(permission.caller().clone())?;
    let account = standing::enable(&app, permission, id, reason).await?;
    Ok(person(account, &reader, &IfNoneMatch::default()))
}

fn reason(body: EmptyBody<DecisionRequest>) -> Result<Option<String>> {
    Ok(body.0.map(|body| body.read(DecisionRequest::into_reason)).transpose()?.flatten())
}

fn person(account: Account, reader: &ReadsPeople, caller_has: &IfNoneMatch) -> Response {
    let tag = person_etag(&account, reader);
    tagged_item(&PersonView::new(account, reader), &tag, caller_has)
}
