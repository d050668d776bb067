//! `/users/{id}/sessions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{service, session_list};
use crate::app::App;
use crate::base::{ManagesPeople, Permission, Result};
use crate::http::{CursorScope, HttpState, ItemId, ItemIds, ListView, PageParameters, Query, no_content};
use crate::resources::audit::Permitted;
use crate::resources::sessions::{SessionView, Standing};

/// The routes of this part.
pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list, end_all)).routes(routes!(end_one))
}

/// List an account's sessions, newest first. For administrators.
///
/// Those that live, or with `ended=true` those that ended in the last 30 days, each with its reason.
#[utoipa::path(
    get, path = "/users/{id}/sessions", operation_id = "list_user_sessions", tag = "people", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The account's id"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
        ("ended" = Option<bool>, Query, description = "Whether to list those that ended in the last 30 days instead of those that live"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<SessionView>),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
    mut query: Query,
) -> Result<Json<ListView<SessionView>>> {
    let page = PageParameters::take(&mut query);
    let standing = Standing::take(&mut query);
    let (page, standing) = query.finish((page, standing))?;
    let caller = permission.caller().actor();
    let account = id.map_or_else(String::new, |id| id.to_string());
    let parts = [&*account, standing.word()];
    let scope = CursorScope::new(caller.map_or(0, |caller| caller.account), "user sessions", &parts);
    let page =
        session_list::list_sessions(&app, &permission, id, standing, page.open(&scope, &app.keys)?).await?;
    let (own, now) = (caller.map(|caller| caller.session), app.now());
    Ok(Json(ListView::new(page, &scope, &app.keys, |session| SessionView::new(session, own, now))))
}

/// End all sessions of an account. For administrators.
#[utoipa::path(
    delete, path = "/users/{id}/sessions", operation_id = "end_user_sessions", tag = "people", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id")),
    responses(
        (status = 204, description = "They have ended"),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found`"),
    )
)]
async fn end_all(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemId(id): ItemId,
) -> Result<Response> {
    service::end_sessions(&app, permission, id).await?;
    Ok(no_content())
}

/// End one session of an account. For administrators.
#[utoipa::path(
    delete, path = "/users/{id}/sessions/{session}", operation_id = "end_user_session", tag = "people",
    security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The account's id"),
        ("session" = String, Path, description = "The session's id"),
    ),
    responses(
        (status = 204, description = "It has ended"),
        (status = 403, description = "`auth.forbidden`"),
        (status = 404, description = "`account.not_found` or `session.not_found`"),
    )
)]
async fn end_one(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ManagesPeople>,
    ItemIds(id, session): ItemIds,
) -> Result<Response> {
    session_list::end_session(&app, permission, id, session).await?;
    Ok(no_content())
}
