//! `/auth/refresh`, `/auth/logout` and `/account/sessions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{RefreshRequest, SessionView, TokenPairView};
use super::model::Standing;
use super::{refreshing, service};
use crate::app::App;
use crate::base::{Error, Result, SessionKind, codes};
use crate::http::{
    Client, CurrentUser, CursorScope, EmptyBody, HttpState, ItemId, JsonBody, ListView, PageParameters,
    Query, no_content,
};

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(list, end_others))
        .routes(routes!(end_one))
}

/// Turn a refresh token into the next pair.
///
/// Each refresh token works once; within ten seconds of its use it gives the same next token again, so two tabs do not
/// sign each other out. An older one that comes back ends the session.
#[utoipa::path(
    post, path = "/auth/refresh", tag = "sign-in", request_body = RefreshRequest,
    responses(
        (status = 200, description = "The next pair", body = TokenPairView),
        (status = 401, description = "`auth.invalid_refresh_token`, or `auth.session_ended` with the reason"),
        (status = 429, description = "`limits.too_many_requests`"),
    )
)]
async fn refresh(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<RefreshRequest>,
) -> Result<Json<TokenPairView>> {
    let token = body.sent.read(RefreshRequest::into_token)?;
    Ok(Json(refreshing::refresh(&app, &token, origin).await?.into()))
}

/// End a session.
///
/// With a `refresh_token` in the body its session ends; without a body, the session of the access token. The access token
/// is dead at the next request.
#[utoipa::path(
    post, path = "/auth/logout", tag = "sign-in", request_body = Option<RefreshRequest>,
    security((), ("bearer" = [])),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, description = "Neither a live refresh token nor a good access token"),
    )
)]
async fn logout(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    caller: Result<Option<CurrentUser>>,
    body: EmptyBody<RefreshRequest>,
) -> Result<Response> {
    match (body.0, caller) {
        (Some(body), _) => {
            let token = body.read(RefreshRequest::into_token)?;
            service::log_out_by_token(&app, &token, SessionKind::Rotating, origin).await?;
        }
        (None, Ok(Some(CurrentUser(actor)))) => {
            service::end_one(&app, actor, Some(actor.session), origin).await?;
        }
        (None, Ok(None)) => return Err(Error::new(&codes::MISSING_TOKEN)),
        (None, Err(error)) => return Err(error),
    }
    Ok(no_content())
}

/// List your sessions, newest first.
///
/// Those that live, or with `ended=true` those that ended in the last 30 days, each with its reason.
#[utoipa::path(
    get, path = "/account/sessions", operation_id = "list_sessions", tag = "account", security(("bearer" = [])),
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
        ("ended" = Option<bool>, Query, description = "Whether to list those that ended in the last 30 days instead of those that live"),
    ),
    responses((status = 200, description = "A page", body = ListView<SessionView>))
)]
async fn list(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    mut query: Query,
) -> Result<Json<ListView<SessionView>>> {
    let page = PageParameters::take(&mut query);
    let standing = Standing::take(&mut query);
    let (page, standing) = query.finish((page, standing))?;
    let scope = CursorScope::new(actor.account, "sessions", &[standing.word()]);
    let page = service::list(&app, actor.account, standing, page.open(&scope, &app.keys)?).await?;
    let now = app.now();
    Ok(Json(ListView::new(page, &scope, &app.keys, |session| {
        SessionView::new(session, Some(actor.session), now)
    })))
}

/// End one of your sessions.
#[utoipa::path(
    delete, path = "/account/sessions/{id}", operation_id = "end_session", tag = "account", security(("bearer" = [])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "`session.not_found`"),
    )
)]
async fn end_one(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
    ItemId(id): ItemId,
) -> Result<Response> {
    service::end_one(&app, actor, id, origin).await?;
    Ok(no_content())
}

/// End all your sessions but this one.
#[utoipa::path(
    delete, path = "/account/sessions", operation_id = "end_other_sessions", tag = "account", security(("bearer" = [])),
    responses((status = 204, description = "They have ended"))
)]
async fn end_others(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
) -> Result<Response> {
    service::end_others(&app, actor, origin).await?;
    Ok(no_content())
}
