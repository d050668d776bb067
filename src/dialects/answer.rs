//! What dialects answer with.

use std::borrow::Cow;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::base::{Code, Error, Kind};
use crate::http::Told;

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    (status, axum::Json(body)).into_response()
}

/// A text that says it is HTML, as Flask sends texts. Only for texts of ours: nothing of a request stands in them.
pub(super) fn text(status: StatusCode, words: &'static str) -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    (status, [(CONTENT_TYPE, html)], words).into_response()
}

/// An answer that words an error where the dialect's table has other words for it. The log still learns of the error.
pub(super) fn told(error: Error, mut answer: Response) -> Response {
    answer.extensions_mut().insert(Told(error));
    answer
}

/// How a dialect words one of our errors.
pub(super) struct Wording {
    pub code: &'static Code,
    pub status: StatusCode,
    pub words: &'static str,
}

/// Shortens a table of wordings.
pub(super) const fn wording(code: &'static Code, status: StatusCode, words: &'static str) -> Wording {
    Wording { code, status, words }
}

/// Status and words of an error: those of the table, else its own. `invalid` is the status for fields that are wrong.
pub(super) fn worded<'a>(
    error: &'a Error,
    table: &[Wording],
    invalid: StatusCode,
) -> (StatusCode, Cow<'a, str>) {
    let code = error.code();
    if let Some(wording) = table.iter().find(|wording| wording.code == code) {
        return (wording.status, wording.words.into());
    }
    let status = StatusCode::from_u16(code.kind.status().0).expect("kinds have valid statuses");
    match error.fields() {
        _ if code.kind != Kind::Invalid => (status, error.detail().into()),
        [] => (invalid, error.detail().into()),
        [one] => (invalid, Cow::Borrowed(&*one.message)),
        fields => {
            let messages: Vec<&str> = fields.iter().map(|field| &*field.message).collect();
            (invalid, messages.join(" ").into())
        }
    }
}
