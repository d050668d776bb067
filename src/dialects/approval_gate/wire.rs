//! How `approval_gate` looks on the wire. Errors about tokens have the key `msg`, all others `error`.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::base::{Error, Result, codes};
use crate::dialects::answer::{self, Wording, worded, wording};
use crate::dialects::caller::{self, TokenPlace, only};
use crate::dialects::json::{self as body, Fields};
use crate::http::RawBody;
use crate::resources::accounts::{Account, RegisterRequest};

pub(super) type Caller = caller::Caller<Header>;

/// The contract's column is that wide.
const LONGEST_USERNAME: usize = 50;

/// `Authorization: Bearer`.
pub(super) struct Header;

impl TokenPlace for Header {
    fn token(headers: &HeaderMap) -> Result<&str> {
        if !headers.contains_key(AUTHORIZATION) {
            return Err(Error::new(&codes::MISSING_TOKEN));
        }
        let mut words = only(headers, AUTHORIZATION)?.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("Bearer"), Some(token), None) if token.matches('.').count() >= 2 => Ok(token),
            (Some("Bearer"), Some(_), None) => Err(invalid("Not enough segments")),
            (Some("Bearer"), ..) => {
                Err(invalid("Bad Authorization header. Expected 'Authorization: Bearer <JWT>'"))
            }
            _ => Err(Error::new(&codes::MISSING_TOKEN).with_detail(
                "Missing 'Bearer' type in 'Authorization' header. Expected 'Authorization: Bearer <JWT>'",
            )),
        }
    }
}

fn invalid(words: &'static str) -> Error {
    Error::new(&codes::INVALID_TOKEN).with_detail(words)
}

static WORDINGS: &[Wording] = &[
    wording(&codes::USERNAME_TAKEN, StatusCode::CONFLICT, "User already exists"),
    wording(&codes::INVALID_CREDENTIALS, StatusCode::UNAUTHORIZED, "Invalid credentials"),
    wording(&codes::ACCOUNT_PENDING, StatusCode::FORBIDDEN, "Account not approved by admin"),
    wording(&codes::ACCOUNT_DISABLED, StatusCode::FORBIDDEN, "Account not approved by admin"),
    wording(&codes::FORBIDDEN, StatusCode::FORBIDDEN, "Admins only"),
];

pub(in crate::dialects) fn shape(error: &Error) -> Response {
    if let Some((status, words)) = about_token(error) {
        return answer::json(status, &json!({ "msg": words }));
    }
    let (status, words) = worded(error, WORDINGS, StatusCode::BAD_REQUEST);
    answer::json(status, &json!({ "error": words }))
}

fn about_token(error: &Error) -> Option<(StatusCode, &str)> {
    let code = error.code();
    // Its own words say more than the standing sentence.
    let words = |standing| if error.detail() == code.meaning { standing } else { error.detail() };
    if code == &codes::MISSING_TOKEN {
        Some((StatusCode::UNAUTHORIZED, words("Missing Authorization Header")))
    } else if code == &codes::INVALID_TOKEN {
        Some((StatusCode::UNPROCESSABLE_ENTITY, words("Signature verification failed")))
    } else if code == &codes::EXPIRED_TOKEN {
        Some((StatusCode::UNAUTHORIZED, "Token has expired"))
    } else {
        (code == &codes::SESSION_ENDED).then_some((StatusCode::UNAUTHORIZED, "Token has been revoked"))
    }
}

pub(super) fn read_registration(body: &RawBody) -> Result<RegisterRequest> {
    let mut fields = body::object(body)?;
    match (fields.take_filled("username"), fields.take_filled("password")) {
        (Some(Value::String(username)), Some(Value::String(password))) => {
            if username.chars().count() > LONGEST_USERNAME {
                let words = "username may have at most 50 characters.";
                return Err(Error::invalid(Vec::new()).with_field("username", "too_long", words));
            }
            Ok(RegisterRequest::new(None, Some(username), None, password))
        }
        (Some(_), Some(_)) => {
            Err(Error::new(&codes::INVALID).with_detail("username and password must be texts"))
        }
        _ => Err(Error::new(&codes::INVALID).with_detail("Missing username or password")),
    }
}

/// What somebody signs in with.
pub(super) enum Attempt {
    /// Without a name: the contract knows no such user.
    Nobody,
    With(String, SecretString),
}

pub(super) fn read_attempt(body: &RawBody) -> Result<Attempt> {
    let mut fields: Fields = body::object(body)?;
    match (fields.take("username"), fields.take_filled("password")) {
        (None | Some(Value::Null), _) => Ok(Attempt::Nobody),
        (Some(Value::String(username)), _) if username.is_empty() => Ok(Attempt::Nobody),
        (Some(Value::String(username)), Some(Value::String(password))) => {
            Ok(Attempt::With(username, password.into()))
        }
        // Like a wrong one, which tells nobody apart.
        (Some(Value::String(_)), None) => Err(Error::new(&codes::INVALID_CREDENTIALS)),
        _ => Err(Error::new(&codes::INVALID).with_detail("username and password must be texts")),
    }
}

/// What the account is called.
pub(super) fn username(account: &Account) -> &str {
    let names = [&account.username, &account.name, &account.email];
    names.into_iter().flatten().next().map_or("", String::as_str)
}
