//! The routes of `approval_gate`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{Attempt, Caller, read_attempt, read_registration, username};
use crate::app::App;
use crate::base::{Error, Result, Role, codes};
use crate::dialects::answer::{self, told};
use crate::dialects::passwords::rules;
use crate::dialects::routes::{Methods, Routes};
use crate::dialects::sign_in::sign_in;
use crate::http::{Client, RawBody};
use crate::resources::accounts::{self, Account, Admission, LoginName, Reception};

pub(in crate::dialects) fn routes(routes: &mut Routes) {
    routes.at("/register", Methods::new().post(register));
    routes.at("/login", Methods::new().post(login));
    routes.at("/dashboard", Methods::new().get(dashboard));
    routes.at("/admin", Methods::new().get(admin));
    // The name that the original's table of routes gives it.
    routes.at("/admin_panel", Methods::new().get(admin));
}

async fn register(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let rules = rules(app.config.dialects.approval_gate_password, &app.password_rules);
    let registration = read_registration(&body)?.into_registration(&rules)?;
    let reception = Reception { admission: Admission::AfterApproval, ..Reception::CONTRACT };
    accounts::register(&app, registration, reception, origin).await?;
    Ok(answer::json(StatusCode::CREATED, &json!({ "message": "User registered successfully" })))
}

async fn login(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let Attempt::With(username, password) = read_attempt(&body)? else {
        let answer = answer::json(StatusCode::FORBIDDEN, &json!({ "error": "Invalid User" }));
        return Ok(told(Error::new(&codes::INVALID_CREDENTIALS), answer));
    };
    let lifetime = app.config.dialects.approval_gate_token_lifetime;
    let additions = |account: &Account| [("role", Value::from(account.role.as_str()))];
    let (token, _) =
        sign_in(&app, LoginName::Username(username), password, lifetime, additions, origin).await?;
    Ok(answer::json(StatusCode::OK, &json!({ "access_token": token })))
}

async fn dashboard(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let account = accounts::own(&app, caller.actor).await?;
    let message = format!("Welcome, {}!", username(&account));
    Ok(answer::json(StatusCode::OK, &json!({ "message": message })))
}

async fn admin(caller: Caller) -> Result<Response> {
    // The role as it stands now: the token's own claim is for its reader only.
    if caller.actor.role != Role::Admin {
        return Err(Error::new(&codes::FORBIDDEN));
    }
    Ok(answer::json(StatusCode::OK, &json!({ "message": "Welcome to the admin panel!" })))
}
