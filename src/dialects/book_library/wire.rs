//! How `book_library` looks on the wire: every answer has `message` and `data`, a failure also `error`.

use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::{Error, Input, Kind, Result, Status, codes};
use crate::dialects::answer;
use crate::dialects::caller::{self, TokenPlace, second_word};
use crate::dialects::paths;
use crate::resources::accounts::Account;
use crate::resources::books::Book;

pub(super) type Caller = caller::Caller<Header>;

/// `Authorization`, whatever the scheme: the second word is the token.
pub(super) struct Header;

impl TokenPlace for Header {
    fn token(headers: &HeaderMap) -> Result<&str> {
        second_word(headers)
    }
}

/// Extractor: the key behind the `{id}` of the path; `None` when it is none of ours.
pub(super) struct BookId(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for BookId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        Ok(Self(key(&paths::id(parts, state).await?)))
    }
}

/// A key as ids of this contract look: 24 hexadecimal digits.
pub(super) fn object_id(key: i64) -> String {
    format!("{key:024x}")
}

fn key(text: &str) -> Option<i64> {
    let digits = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| i64::from_str_radix(text, 16).ok()).flatten()
}

/// Every error; the words of the contract where it has some.
pub(in crate::dialects) fn shape(error: &Error) -> Response {
    let code = error.code();
    let (number, phrase) = code.kind.status();
    let status = StatusCode::from_u16(number).expect("kinds have valid statuses");
    let worded = |status, message: &str, why: &str| failure(status, message, &json!(why));
    if code == &codes::MISSING_TOKEN {
        return worded(status, "Authentication Token is missing!", "Unauthorized");
    }
    if [&codes::INVALID_TOKEN, &codes::EXPIRED_TOKEN, &codes::SESSION_ENDED].contains(&code) {
        return worded(status, "Invalid Authentication token!", "Unauthorized");
    }
    // Who may not sign in is not there, for this contract.
    if [&codes::INVALID_CREDENTIALS, &codes::ACCOUNT_PENDING, &codes::ACCOUNT_DISABLED].contains(&code) {
        let message = "Error fetching auth token!, invalid email or password";
        return worded(StatusCode::NOT_FOUND, message, "Unauthorized");
    }
    if code == &codes::EMAIL_TAKEN {
        return worded(status, "User already exists", "Conflict");
    }
    if code == &codes::BOOK_TITLE_TAKEN {
        return worded(StatusCode::BAD_REQUEST, "The book has been created by user", "Conflict");
    }
    if code == &codes::BOOK_NOT_FOUND {
        return worded(status, "Book not found", "Not Found");
    }
    if code == &codes::ROUTE_NOT_FOUND {
        return worded(status, "Endpoint Not Found", "404 Not Found: there is nothing at this address.");
    }
    if matches!(code.kind, Kind::Malformed | Kind::Invalid) || code == &codes::COVER_UNSUPPORTED {
        return failure(StatusCode::BAD_REQUEST, "Invalid data", &details(error));
    }
    worded(status, error.detail(), phrase)
}

/// What is wrong with each field, or with the whole.
fn details(error: &Error) -> Value {
    if error.fields().is_empty() {
        return json!(error.detail());
    }
    error.fields().iter().map(|field| (field.field.to_string(), json!(field.message))).collect()
}

#[derive(Serialize)]
struct Success<'a, T> {
    message: &'a str,
    data: T,
}

/// A success.
pub(super) fn success(status: StatusCode, message: &str, data: impl Serialize) -> Response {
    answer::json(status, &Success { message, data })
}

/// A failure.
pub(super) fn failure(status: StatusCode, message: &str, error: &Value) -> Response {
    answer::json(status, &json!({ "message": message, "data": null, "error": error }))
}

/// Nothing, which says that it is JSON.
pub(super) fn no_content() -> Response {
    let json = HeaderValue::from_static("application/json");
    (StatusCode::NO_CONTENT, [(CONTENT_TYPE, json)]).into_response()
}

/// A person.
#[derive(Serialize)]
pub(super) struct UserView {
    #[serde(rename = "_id")]
    id: String,
    name: Option<String>,
    email: Option<String>,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<Account> for UserView {
    fn from(account: Account) -> Self {
        Self {
            id: object_id(account.key),
            name: account.name.or(account.username),
            email: account.email,
            active: account.status == Status::Active,
            token: None,
        }
    }
}

impl UserView {
    pub(super) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }
}

/// A book; its picture is the thumbnail.
#[derive(Serialize)]
pub(super) struct BookView {
    #[serde(rename = "_id")]
    id: String,
    title: String,
    description: String,
    image_url: Option<String>,
    category: String,
    user_id: String,
}

impl BookView {
    pub(super) fn new(book: Book, public_url: &str) -> Self {
        Self {
            id: object_id(book.key),
            image_url: book.thumbnail_url(public_url),
            title: book.title,
            description: book.description,
            category: if book.category == OURS { CONTRACTS.to_owned() } else { book.category },
            user_id: object_id(book.account),
        }
    }
}

/// How we spell a category, and how the contract does.
const OURS: &str = "poetry";
const CONTRACTS: &str = "peotry";

/// A category as this server knows it.
pub(super) fn category(sent: Input<String>) -> Input<String> {
    match sent {
        Input::Value(category) if category == CONTRACTS => Input::Value(OURS.to_owned()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_24_hexadecimal_digits_of_a_key() {
        for number in [1, 42, i64::MAX] {
            assert_eq!(key(&object_id(number)), Some(number));
        }
        assert_eq!(key("00000000000000000000000A"), Some(10));
        for none in
            ["", "1", "00000000000000000000000g", "+00000000000000000000001", "ffffffffffffffffffffffff"]
        {
            assert_eq!(key(none), None, "{none}");
        }
    }
}
