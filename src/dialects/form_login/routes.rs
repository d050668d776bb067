//! The routes of `form_login`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{Caller, nothing_to_verify, read_credentials, read_registration, user};
use crate::app::App;
use crate::base::Result;
use crate::dialects::answer;
use crate::dialects::passwords::rules;
use crate::dialects::routes::{Methods, Routes};
use crate::dialects::sign_in::sign_in;
use crate::http::{Client, RawBody};
use crate::resources::accounts::{self, Account, LoginName, Reception};

pub(in crate::dialects) fn routes(routes: &mut Routes) {
    routes.at("/signup", Methods::new().post(sign_up));
    routes.at("/login", Methods::new().post(login));
    routes.at("/user", Methods::new().get(users));
}

async fn sign_up(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let rules = rules(app.config.dialects.form_login_password, &app.password_rules);
    let registration = read_registration(body).await?.into_registration(&rules)?;
    accounts::register(&app, registration, Reception::CONTRACT, origin).await?;
    Ok(answer::text(StatusCode::CREATED, "Successfully registered."))
}

async fn login(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let Some((email, password)) = read_credentials(body).await? else { return Ok(nothing_to_verify()) };
    let lifetime = app.config.dialects.form_login_token_lifetime;
    let additions = |account: &Account| [("public_id", Value::from(account.id.to_string()))];
    let (token, _) = sign_in(&app, LoginName::Email(email), password, lifetime, additions, origin).await?;
    Ok(answer::json(StatusCode::CREATED, &json!({ "token": token })))
}

async fn users(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let shown = app.config.dialects.form_login_list_users;
    let accounts = accounts::numbered::list_whole(&app, caller.actor, shown).await?;
    let users: Vec<Value> = accounts.iter().map(user).collect();
    Ok(answer::json(StatusCode::OK, &json!({ "users": users })))
}
