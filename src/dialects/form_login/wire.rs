//! How `form_login` looks on the wire.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::base::{Check, Error, Result, codes};
use crate::dialects::answer::{self, Wording, told, worded, wording};
use crate::dialects::caller::{self, TokenPlace, only};
use crate::dialects::form::Form;
use crate::http::RawBody;
use crate::resources::accounts::{Account, RegisterRequest};

pub(super) type Caller = caller::Caller<Header>;

/// `x-access-token`.
pub(super) struct Header;

impl TokenPlace for Header {
    fn token(headers: &HeaderMap) -> Result<&str> {
        let token = only(headers, HeaderName::from_static("x-access-token"))?;
        if token.is_empty() { Err(Error::new(&codes::MISSING_TOKEN)) } else { Ok(token) }
    }
}

static WORDINGS: &[Wording] = &[
    wording(&codes::MISSING_TOKEN, StatusCode::UNAUTHORIZED, "Token is missing !!"),
    wording(&codes::INVALID_TOKEN, StatusCode::UNAUTHORIZED, "Token is invalid !!"),
    wording(&codes::EXPIRED_TOKEN, StatusCode::UNAUTHORIZED, "Token is invalid !!"),
    wording(&codes::SESSION_ENDED, StatusCode::UNAUTHORIZED, "Token is invalid !!"),
];

pub(in crate::dialects) fn shape(error: &Error) -> Response {
    let code = error.code();
    if code == &codes::EMAIL_TAKEN {
        return answer::text(StatusCode::ACCEPTED, "User already exists. Please Log in.");
    }
    if code == &codes::INVALID_CREDENTIALS {
        // The contract's words for an unknown person, for a wrong password too: nobody learns who has an account.
        return unverified("Basic realm =\"User does not exist !!\"");
    }
    let (status, words) = worded(error, WORDINGS, StatusCode::BAD_REQUEST);
    answer::json(status, &json!({ "message": words }))
}

/// The answer to a sign-in without address or password.
pub(super) fn nothing_to_verify() -> Response {
    told(Error::new(&codes::INVALID_CREDENTIALS), unverified("Basic realm =\"Login required !!\""))
}

fn unverified(realm: &'static str) -> Response {
    let mut answer = answer::text(StatusCode::UNAUTHORIZED, "Could not verify");
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(realm));
    answer
}

pub(super) async fn read_registration(body: RawBody) -> Result<RegisterRequest> {
    let mut form = Form::read(body).await?;
    let mut check = Check::new();
    let mut required = |name: &'static str| {
        let text = form.take_filled(name);
        if text.is_none() {
            check.refuse(name, "required", format!("{name} is required."));
        }
        text
    };
    let filled = required("email").zip(required("password"));
    let name = form.take_filled("name");
    check.finish(filled.map(|(email, password)| RegisterRequest::new(Some(email), None, name, password)))
}

/// Address and password; `None` when one is missing.
pub(super) async fn read_credentials(body: RawBody) -> Result<Option<(String, SecretString)>> {
    let mut form = Form::read(body).await?;
    Ok(form.take_filled("email").zip(form.take_filled("password").map(SecretString::from)))
}

pub(super) fn user(account: &Account) -> Value {
    json!({ "public_id": account.id, "name": account.name, "email": account.email })
}
