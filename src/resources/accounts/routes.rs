//! `/auth/register`, `/auth/login` and `/account`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{
    AccountView, DeleteRequest, LoginRequest, LoginView, PasswordRequest, ProfileRequest, RegisterRequest,
};
use super::login_name::LoginName;
use super::model::Reception;
use super::registering::{self, Registered};
use super::{people, proofs, service};
use crate::app::App;
use crate::base::{Error, Result};
use crate::http::{
    Client, CurrentUser, HttpState, IfMatch, IfNoneMatch, JsonBody, created, etag, item, no_content,
};
use crate::resources::sessions::{self, Terms};

/// Where the caller's account stands.
const LOCATION: &str = "/api/v1/account";

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(login))
        .routes(routes!(show, change, delete))
        .routes(routes!(change_password))
        .merge(people::routes())
        .merge(proofs::routes())
}

/// Make an account.
#[utoipa::path(
    post, path = "/auth/register", tag = "sign-in", request_body = RegisterRequest,
    responses(
        (status = 201, description = "The account", body = AccountView),
        (status = 202, description = "Where addresses must be verified, whatever the address: a mail tells how to go on"),
        (status = 403, description = "`registration.closed`"),
        (status = 409, description = "`account.email_taken` or `account.username_taken`"),
        (status = 429, description = "`limits.too_many_requests`"),
    )
)]
async fn register(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<RegisterRequest>,
) -> Result<Response> {
    let registration = body.sent.read(|body| body.into_registration(&app.password_rules))?;
    let Registered { account, hushed } =
        registering::register(&app, registration, Reception::HOUSE, origin).await?;
    if hushed {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let tag = etag(account.version);
    let body = serde_json::to_string(&AccountView::from(account)).map_err(Error::internal)?;
    Ok(created(body, LOCATION, &tag))
}

/// Sign in.
#[utoipa::path(
    post, path = "/auth/login", tag = "sign-in", request_body = LoginRequest,
    responses(
        (status = 200, description = "Tokens and account", body = LoginView),
        (status = 401, description = "`auth.invalid_credentials`"),
        (status = 403, description = "Only after a right password: `account.pending`, `account.disabled`, `account.email_unverified`"),
        (status = 429, description = "`limits.too_many_requests`, `limits.too_many_attempts`"),
    )
)]
async fn login(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<LoginRequest>,
) -> Result<Json<LoginView>> {
    let (login, password) = body.sent.read(LoginRequest::into_parts)?;
    let terms = Terms::rotating(&app.config.sessions);
    let (begun, account) = service::sign_in(&app, LoginName::Any(login), password, terms, origin).await?;
    let tokens = sessions::issue(&app, account.id, begun, 0)?;
    Ok(Json(LoginView { tokens: tokens.into(), account: account.into() }))
}

/// Read your account.
#[utoipa::path(
    get, path = "/account", operation_id = "read_account", tag = "account", security(("bearer" = [])),
    responses((status = 200, description = "The account", body = AccountView), (status = 304, description = "Unchanged"))
)]
async fn show(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    caller_has: IfNoneMatch,
) -> Result<Response> {
    let account = service::own(&app, actor).await?;
    let version = account.version;
    Ok(item(&AccountView::from(account), version, &caller_has))
}

/// Change your name or user name.
#[utoipa::path(
    patch, path = "/account", operation_id = "change_account", tag = "account", security(("bearer" = [])), request_body = ProfileRequest,
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 409, description = "`account.username_taken`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn change(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
    IfMatch(precondition): IfMatch,
    body: JsonBody<ProfileRequest>,
) -> Result<Response> {
    let change = body.sent.read(ProfileRequest::into_change)?;
    let account = service::update_profile(&app, actor, change, precondition, origin).await?;
    let version = account.version;
    Ok(item(&AccountView::from(account), version, &IfNoneMatch::default()))
}

/// Delete your account and all that it owns.
#[utoipa::path(
    delete, path = "/account", operation_id = "delete_account", tag = "account", security(("bearer" = [])), request_body = DeleteRequest,
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "`account.wrong_password`"),
        (status = 409, description = "`account.last_admin`"),
        (status = 412, description = "`precondition.failed`"),
        (status = 429, description = "`limits.too_many_attempts`"),
    )
)]
async fn delete(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
    IfMatch(precondition): IfMatch,
    body: JsonBody<DeleteRequest>,
) -> Result<Response> {
    service::delete_own(&app, actor, body.sent.read(DeleteRequest::into_password)?, precondition, origin)
        .await?;
    Ok(no_content())
}

/// Change your password; every other session ends.
#[utoipa::path(
    put, path = "/account/password", tag = "account", security(("bearer" = [])), request_body = PasswordRequest,
    responses(
        (status = 204, description = "Changed"),
        (status = 403, description = "`account.wrong_password`"),
        (status = 412, description = "`precondition.failed`"),
        (status = 429, description = "`limits.too_many_attempts`"),
    )
)]
async fn change_password(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
    IfMatch(precondition): IfMatch,
    body: JsonBody<PasswordRequest>,
) -> Result<Response> {
    let (current, new) = body.sent.read(|body| body.into_parts(&app.password_rules))?;
    service::change_password(&app, actor, current, new, precondition, origin).await?;
    Ok(no_content())
}
