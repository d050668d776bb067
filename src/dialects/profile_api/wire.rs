//! How `profile_api` looks on the wire.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::base::{Check, Error, Result, codes};
use crate::dialects::answer::{self, Wording, worded, wording};
use crate::dialects::caller::{self, TokenPlace, second_word};
use crate::dialects::json::{self as body, Fields};
use crate::http::RawBody;
use crate::resources::accounts::{Account, ProfileRequest, RegisterRequest};

pub(super) type Caller = caller::Caller<Header>;

/// `Authorization`, whatever the scheme: the second word is the token.
pub(super) struct Header;

impl TokenPlace for Header {
    fn token(headers: &HeaderMap) -> Result<&str> {
        second_word(headers)
    }
}

static WORDINGS: &[Wording] = &[
    wording(&codes::EMAIL_TAKEN, StatusCode::BAD_REQUEST, "User already exists"),
    wording(&codes::INVALID_CREDENTIALS, StatusCode::UNAUTHORIZED, "Invalid credentials!"),
    wording(&codes::MISSING_TOKEN, StatusCode::UNAUTHORIZED, "Token is missing!"),
    wording(&codes::INVALID_TOKEN, StatusCode::UNAUTHORIZED, "Token is invalid!"),
    wording(&codes::EXPIRED_TOKEN, StatusCode::UNAUTHORIZED, "Token is invalid!"),
    wording(&codes::SESSION_ENDED, StatusCode::UNAUTHORIZED, "Token is invalid!"),
];

pub(in crate::dialects) fn shape(error: &Error) -> Response {
    let (status, words) = worded(error, WORDINGS, StatusCode::BAD_REQUEST);
    answer::json(status, &json!({ "message": words }))
}

pub(super) fn read_registration(body: &RawBody) -> Result<RegisterRequest> {
    let mut fields = body::object(body)?;
    let mut check = Check::new();
    let [name, email, password] = ["name", "email", "password"].map(|name| fields.text(&mut check, name));
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        check.refuse("name", "required", "name is required.");
    }
    let request =
        email.zip(password).map(|(email, password)| RegisterRequest::new(Some(email), None, name, password));
    check.finish(request)
}

pub(super) fn read_credentials(body: &RawBody) -> Result<(String, SecretString)> {
    let mut fields = Fields::of(body::value(body)?).unwrap_or_default();
    match (fields.take_filled("email"), fields.take_filled("password")) {
        (Some(Value::String(email)), Some(Value::String(password))) => Ok((email, password.into())),
        _ => Err(Error::new(&codes::INVALID).with_detail("Please provide email and password")),
    }
}

/// The new name; `None` when there is nothing to change.
pub(super) fn read_change(body: &RawBody) -> Result<Option<ProfileRequest>> {
    match body::object(body)?.take("name") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(ProfileRequest::name(name))),
        Some(_) => Err(Error::invalid(Vec::new()).with_field("name", "wrong_type", "name must be a text.")),
    }
}

/// What the account is called.
pub(super) fn name(account: &Account) -> &str {
    account.name.as_deref().or(account.username.as_deref()).unwrap_or_default()
}

/// The account with its id.
pub(super) fn user(account: &Account) -> Value {
    json!({ "public_id": account.id, "name": name(account), "email": account.email })
}

/// The account without its id.
pub(super) fn short_user(account: &Account) -> Value {
    json!({ "name": name(account), "email": account.email })
}
