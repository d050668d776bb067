//! `/auth/email/…`, `/auth/password/…` and `/account/email`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{AddressRequest, EmailRequest, ResetRequest, VerifyRequest};
use super::requests::Wish;
use crate::app::App;
use crate::base::Result;
use crate::http::{Client, CurrentUser, HttpState, JsonBody, no_content};
use crate::resources::accounts::dto::AccountView;

/// The routes of proofs.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(verify))
        .routes(routes!(resend))
        .routes(routes!(forgot))
        .routes(routes!(reset))
        .routes(routes!(change_address))
}

/// Show that an address is yours.
///
/// With the token of the mail's link or with its code, and with a session of the account or its password. A new address
/// becomes the account's by this. Whoever has neither session nor password asks for a new password instead.
#[utoipa::path(
    post, path = "/auth/email/verify", operation_id = "verify_email", tag = "sign-in", security((), ("bearer" = [])),
    request_body = VerifyRequest,
    responses(
        (status = 200, description = "The account", body = AccountView),
        (status = 401, description = "`auth.invalid_proof`, or `auth.invalid_credentials` for a wrong password"),
        (status = 409, description = "`account.email_taken`: somebody else was faster"),
        (status = 429, description = "`limits.too_many_requests`, `limits.too_many_attempts`"),
    )
)]
async fn verify(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    caller: Option<CurrentUser>,
    body: JsonBody<VerifyRequest>,
) -> Result<Json<AccountView>> {
    let actor = caller.map(|CurrentUser(actor)| actor);
    let (shown, password) = body.sent.read(|body| body.into_parts(actor.is_some()))?;
    Ok(Json(super::verify(&app, actor, shown, password, origin).await?.into()))
}

/// Ask for another mail to verify an address.
///
/// The answer is the same whether an account has the address or not.
#[utoipa::path(
    post, path = "/auth/email/resend", operation_id = "resend_verification", tag = "sign-in",
    request_body = EmailRequest,
    responses(
        (status = 202, description = "If an account has the address and it is not verified, a mail is on its way"),
        (status = 429, description = "`limits.too_many_requests`"),
        (status = 503, description = "`mail.not_configured`"),
    )
)]
async fn resend(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<EmailRequest>,
) -> Result<StatusCode> {
    let email = body.sent.read(EmailRequest::into_email)?;
    super::request(&app, Wish::Verification, email, origin).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Ask for a way to a new password.
///
/// The answer is the same, after the same time, whether an account has the address or not.
#[utoipa::path(
    post, path = "/auth/password/forgot", operation_id = "forgot_password", tag = "sign-in",
    request_body = EmailRequest,
    responses(
        (status = 202, description = "If an account has the address, a mail is on its way"),
        (status = 429, description = "`limits.too_many_requests`"),
        (status = 503, description = "`mail.not_configured`"),
    )
)]
async fn forgot(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<EmailRequest>,
) -> Result<StatusCode> {
    let email = body.sent.read(EmailRequest::into_email)?;
    super::request(&app, Wish::Reset, email, origin).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Set a new password by what stood in a mail.
///
/// Every session of the account ends.
#[utoipa::path(
    post, path = "/auth/password/reset", operation_id = "reset_password", tag = "sign-in",
    request_body = ResetRequest,
    responses(
        (status = 204, description = "Set; sign in with it"),
        (status = 401, description = "`auth.invalid_proof`"),
        (status = 429, description = "`limits.too_many_requests`"),
    )
)]
async fn reset(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: JsonBody<ResetRequest>,
) -> Result<Response> {
    let (shown, password) = body.sent.read(|body| body.into_parts(&app.password_rules))?;
    super::reset(&app, shown, password, origin).await?;
    Ok(no_content())
}

/// Ask for another address for your account.
///
/// A mail to the new address confirms it; until then the old one stays. Afterwards both are told.
#[utoipa::path(
    put, path = "/account/email", operation_id = "change_email", tag = "account", security(("bearer" = [])),
    request_body = AddressRequest,
    responses(
        (status = 202, description = "A mail is on its way to the new address"),
        (status = 403, description = "`account.wrong_password`"),
        (status = 409, description = "`account.email_taken`"),
        (status = 429, description = "`limits.too_many_requests`, `limits.too_many_attempts`"),
        (status = 503, description = "`mail.not_configured`"),
    )
)]
async fn change_address(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    Client(origin): Client,
    body: JsonBody<AddressRequest>,
) -> Result<StatusCode> {
    let (address, password) = body.sent.read(AddressRequest::into_parts)?;
    super::change_address(&app, actor, address, password, origin).await?;
    Ok(StatusCode::ACCEPTED)
}
