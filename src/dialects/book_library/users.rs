//! `/users`: signing up and in, and the caller's own account.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::passwords::judge;
use super::wire::{Caller, UserView, failure, no_content, object_id, success};
use crate::app::App;
use crate::base::{Check, Error, Precondition, Result, codes};
use crate::dialects::answer::told;
use crate::dialects::json::{self as body, Fields};
use crate::dialects::routes::{Methods, Routes};
use crate::dialects::sign_in::sign_in;
use crate::http::{Client, RawBody};
use crate::resources::accounts::{
    self, Account, LoginName, ProfileRequest, Reception, RegisterRequest, unproven,
};
use crate::security::PasswordRules;

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/users/", Methods::new().get(read).post(register).put(update).delete(delete));
    routes.at("/users/login", Methods::new().post(login));
}

async fn register(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let Some(mut fields) = read_details(&body)? else { return Ok(nothing_given()) };
    let mut check = Check::new();
    let [name, email, password] = ["name", "email", "password"].map(|name| fields.text(&mut check, name));
    if name.as_ref().is_some_and(|name| name.split_whitespace().count() < 2) {
        check.refuse("name", "malformed", "name must be two words.");
    }
    let password = password.map(SecretString::from).inspect(|password| judge(&app, &mut check, password));
    let request = email.zip(password).map(|(email, password)| {
        RegisterRequest::new(Some(email), None, name, password.expose_secret().to_owned())
    });
    // The password has passed the contract's rule or the server's; here only its length is judged once more.
    let any = PasswordRules { min_length: 1, refuse_common: false, ..app.password_rules };
    let registration = check.finish(request)?.into_registration(&any)?;
    let account = accounts::register(&app, registration, Reception::CONTRACT, origin).await?.account;
    Ok(success(StatusCode::CREATED, "Successfully created new user", UserView::from(account)))
}

async fn login(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let Some(mut fields) = read_details(&body)? else { return Ok(nothing_given()) };
    let mut check = Check::new();
    let [email, password] = ["email", "password"].map(|name| fields.text(&mut check, name));
    if email.as_ref().is_some_and(|email| !email.contains('@')) {
        check.refuse("email", "malformed", "email is not an e-mail address.");
    }
    let (email, password) = check.finish(email.zip(password.map(SecretString::from)))?;
    let mut check = Check::new();
    judge(&app, &mut check, &password);
    let lifetime = app.config.dialects.book_library_token_lifetime;
    let additions = |account: &Account| [("user_id", Value::from(object_id(account.key)))];
    match sign_in(&app, LoginName::Email(email), password, lifetime, additions, origin).await {
        Ok((token, account)) => {
            let user = UserView::from(account).with_token(token);
            Ok(success(StatusCode::OK, "Successfully fetched auth token", user))
        }
        // The contract holds a sign-in to the rule for passwords, too. One that was set at another door may break it.
        Err(error) if error.code() == &codes::INVALID_CREDENTIALS => Err(check.finish(Some(error))?),
        Err(error) => Err(error),
    }
}

async fn read(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let account = accounts::own(&app, caller.actor).await?;
    Ok(success(StatusCode::OK, "successfully retrieved user profile", UserView::from(account)))
}

async fn update(
    State(app): State<Arc<App>>,
    caller: Caller,
    Client(origin): Client,
    body: RawBody,
) -> Result<Response> {
    let mut fields = match body::object(&body) {
        Ok(fields) => fields,
        Err(error) => {
            let words = json!(error.detail());
            return Ok(told(error, failure(StatusCode::BAD_REQUEST, "failed to update account", &words)));
        }
    };
    let Some(name) = fields.take_filled("name") else {
        let message = "Invalid data, you can only update your account name!";
        let answer = failure(StatusCode::BAD_REQUEST, message, &json!("Bad Request"));
        return Ok(told(Error::new(&codes::INVALID), answer));
    };
    let Value::String(name) = name else {
        return Err(Error::invalid(Vec::new()).with_field("name", "wrong_type", "name must be a text."));
    };
    let change = ProfileRequest::name(name).into_change()?;
    let account = accounts::update_profile(&app, caller.actor, change, Precondition::None, origin).await?;
    Ok(success(StatusCode::CREATED, "successfully updated account", UserView::from(account)))
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, Client(origin): Client) -> Result<Response> {
    unproven::delete(&app, caller.actor, origin).await?;
    Ok(no_content())
}

/// The members of the body; `None` for one that gives nothing.
fn read_details(body: &RawBody) -> Result<Option<Fields>> {
    let value = body::value(body)?;
    if value.is_null() || value == json!([]) || value == json!({}) {
        return Ok(None);
    }
    let no_object = || Error::new(&codes::INVALID).with_detail("The body must be a JSON object.");
    Fields::of(value).ok_or_else(no_object).map(Some)
}

fn nothing_given() -> Response {
    let answer = failure(StatusCode::BAD_REQUEST, "Please provide user details", &json!("Bad request"));
    told(Error::new(&codes::INVALID), answer)
}
