//! The routes of `profile_api`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{Caller, name, read_change, read_credentials, read_registration, short_user, user};
use crate::app::App;
use crate::base::{Origin, Precondition, Result};
use crate::dialects::answer;
use crate::dialects::json as body;
use crate::dialects::passwords::rules;
use crate::dialects::routes::{Methods, Routes};
use crate::dialects::sign_in::sign_in;
use crate::http::{Client, RawBody};
use crate::resources::accounts::{self, Account, LoginName, Reception};

pub(in crate::dialects) fn routes(routes: &mut Routes) {
    routes.at("/", Methods::new().get(welcome));
    routes.at("/api/data", Methods::new().get(data).post(echo));
    routes.at("/api/register", Methods::new().post(register));
    routes.at("/api/login", Methods::new().post(login));
    routes.at("/api/login-enhanced", Methods::new().post(login_enhanced));
    routes.at("/api/protected", Methods::new().get(protected));
    routes.at("/api/users/profile", Methods::new().get(profile).put(change_profile));
}

async fn welcome() -> Response {
    answer::json(StatusCode::OK, &json!({ "message": "Welcome to Flask REST API" }))
}

async fn data() -> Response {
    answer::json(StatusCode::OK, &json!({ "data": "This is GET response" }))
}

async fn echo(body: RawBody) -> Result<Response> {
    Ok(answer::json(StatusCode::CREATED, &json!({ "received": body::value(&body)? })))
}

async fn register(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let rules = rules(app.config.dialects.profile_api_password, &app.password_rules);
    let registration = read_registration(&body)?.into_registration(&rules)?;
    accounts::register(&app, registration, Reception::CONTRACT, origin).await?;
    Ok(answer::json(StatusCode::CREATED, &json!({ "message": "User created successfully" })))
}

async fn token(app: &Arc<App>, body: &RawBody, origin: Origin) -> Result<(String, Account)> {
    let (email, password) = read_credentials(body)?;
    let lifetime = app.config.dialects.profile_api_token_lifetime;
    let additions = |account: &Account| [("public_id", Value::from(account.id.to_string()))];
    sign_in(app, LoginName::ExactEmail(email), password, lifetime, additions, origin).await
}

async fn login(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let (token, account) = token(&app, &body, origin).await?;
    let answer = json!({ "message": "Login successful", "token": token, "user": user(&account) });
    Ok(answer::json(StatusCode::OK, &answer))
}

async fn login_enhanced(
    State(app): State<Arc<App>>,
    Client(origin): Client,
    body: RawBody,
) -> Result<Response> {
    let (token, _) = token(&app, &body, origin).await?;
    Ok(answer::json(StatusCode::OK, &json!({ "access_token": token })))
}

async fn protected(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let account = accounts::own(&app, caller.actor).await?;
    let message = format!("Welcome {}!", name(&account));
    Ok(answer::json(StatusCode::OK, &json!({ "message": message, "user": short_user(&account) })))
}

async fn profile(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let account = accounts::own(&app, caller.actor).await?;
    Ok(answer::json(StatusCode::OK, &user(&account)))
}

async fn change_profile(
    State(app): State<Arc<App>>,
    caller: Caller,
    Client(origin): Client,
    body: RawBody,
) -> Result<Response> {
    if let Some(change) = read_change(&body)? {
        accounts::update_profile(&app, caller.actor, change.into_change()?, Precondition::None, origin)
            .await?;
    }
    Ok(answer::json(StatusCode::OK, &json!({ "message": "Profile updated successfully" })))
}
