//! `/auth`: registering, signing in, refreshing, signing out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::passwords;
use super::wire::{Complaints, UserView, fields};
use crate::app::App;
use crate::base::{Error, Id, Origin, Result, SessionKind, codes};
use crate::dialects::answer::{self, told};
use crate::dialects::routes::{Methods, Routes};
use crate::dialects::sign_in;
use crate::http::{Client, RawBody};
use crate::resources::accounts::{self, Account, Greeting, LoginName, Reception, RegisterRequest};
use crate::resources::sessions::{self, Begun, FixedSession, Terms};
use crate::security::PasswordRules;

/// The columns of the original are that wide.
pub(super) const LONGEST_USERNAME: usize = 50;
pub(super) const LONGEST_EMAIL: usize = 100;

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/auth/register", Methods::new().post(register));
    routes.at("/auth/login", Methods::new().post(login));
    routes.at("/auth/refresh", Methods::new().post(refresh));
    routes.at("/auth/logout", Methods::new().post(log_out));
}

async fn register(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let user = UserView::from(make(&app, origin, &body).await?);
    let answer = json!({ "message": "User registered successfully.", "user": user });
    Ok(answer::json(StatusCode::CREATED, &answer))
}

/// Makes the account that a body describes.
pub(super) async fn make(app: &Arc<App>, origin: Origin, body: &RawBody) -> Result<Account> {
    let request = read_registration(app, body)?;
    // The password has passed the contract's rule or the server's; here it is not judged again.
    let any = PasswordRules { min_length: 1, max_length: usize::MAX, refuse_common: false };
    let reception = Reception { greeting: Greeting::Service, ..Reception::CONTRACT };
    let registered = accounts::register(app, request.into_registration(&any)?, reception, origin);
    registered.await.map(|registered| registered.account)
}

fn read_registration(app: &App, body: &RawBody) -> Result<RegisterRequest> {
    let (mut fields, mut complaints) = (fields(body)?, Complaints::default());
    let names = ["username", "email", "password", "confirm_password"];
    let [username, email, password, confirmed] = names.map(|name| complaints.required(&mut fields, name));
    if password.is_some() && confirmed.is_some() && password != confirmed {
        complaints.refuse("confirm_password", "Passwords do not match.");
    }
    let username = username.and_then(|value| complaints.text("username", value, LONGEST_USERNAME));
    if username.as_ref().is_some_and(|name| name.trim().is_empty()) {
        complaints.refuse("username", "The field username is required.");
    }
    let email = email.and_then(|value| complaints.text("email", value, LONGEST_EMAIL));
    let password = password.and_then(|value| passwords::read(app, &mut complaints, value));
    let request = email.zip(password).map(|(email, password)| {
        RegisterRequest::new(Some(email), None, username, password.expose_secret().to_owned())
    });
    complaints.finish(request)
}

async fn login(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let (email, password) = read_credentials(&body)?;
    let terms = Terms::fixed(app.config.dialects.task_manager_refresh_lifetime);
    let (begun, account) = sign_in::begin(&app, LoginName::Email(email), password, terms, origin).await?;
    let answer = json!({
        "message": "Login successful.",
        "access_token": access_token(&app, account.key, account.id, begun)?,
        "refresh_token": sessions::refresh_token(&app, begun)?,
    });
    Ok(answer::json(StatusCode::OK, &answer))
}

fn read_credentials(body: &RawBody) -> Result<(String, SecretString)> {
    let (mut fields, mut complaints) = (fields(body)?, Complaints::default());
    let email = complaints.required(&mut fields, "email");
    let email = email.and_then(|value| complaints.text("email", value, usize::MAX));
    let password = complaints.required(&mut fields, "password");
    let password = password.and_then(|value| complaints.text("password", value, usize::MAX));
    complaints.finish(email.zip(password.map(SecretString::from)))
}

fn access_token(app: &App, account: i64, id: Id, begun: Begun) -> Result<String> {
    let lifetime = app.config.dialects.task_manager_token_lifetime;
    sessions::access_token(app, id, begun, lifetime, &[("user_id", Value::from(account))])
}

async fn refresh(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let token = read_refresh_token(&body)?;
    let FixedSession { begun, account, account_id } = sessions::find_fixed(&app, &token, &origin).await?;
    let answer = json!({ "access_token": access_token(&app, account, account_id, begun)? });
    Ok(answer::json(StatusCode::OK, &answer))
}

async fn log_out(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let token = read_refresh_token(&body)?;
    match sessions::log_out_by_token(&app, &token, SessionKind::Fixed, origin).await {
        Ok(()) => {
            Ok(answer::json(StatusCode::OK, &json!({ "message": "Logout successful. Token revoked." })))
        }
        Err(error) if error.code() == &codes::INVALID_REFRESH_TOKEN => {
            let words = json!({ "error": "Invalid or already revoked refresh token." });
            Ok(told(error, answer::json(StatusCode::BAD_REQUEST, &words)))
        }
        Err(error) => Err(error),
    }
}

fn read_refresh_token(body: &RawBody) -> Result<String> {
    match fields(body)?.take_filled("refresh_token") {
        Some(Value::String(token)) => Ok(token),
        Some(_) => {
            Err(Error::new(&codes::MALFORMED_REQUEST).with_detail("The refresh token must be a text."))
        }
        None => Err(Error::new(&codes::MALFORMED_REQUEST).with_detail("Refresh token required.")),
    }
}
