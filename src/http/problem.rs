//! Errors on the wire of `/api/v1`: RFC 9457 `application/problem+json`.
//!
//! A handler answers `base::Error`. It becomes an empty response with the error in its extensions; the outermost layer
//! of a door renders it, so that extractors, unknown paths, limits and panics speak the door's own shape.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::shape::Shape;
use crate::base::Error;

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
pub struct Problem<'a> {
    /// A reference that names the kind of problem: the code's entry in the list of error codes.
    #[schema(example = "/docs/errors#task.not_found")]
    r#type: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'a str,
    /// The status.
    #[schema(example = 404)]
    status: u16,
    /// What happened, in a sentence for people.
    detail: &'a str,
    /// A stable word for programs.
    #[schema(example = "task.not_found")]
    code: &'a str,
    /// The fields to blame; empty when the request as a whole is.
    errors: Vec<FieldProblem<'a>>,
    /// Names this answer in the server's log.
    request_id: &'a str,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
pub struct FieldProblem<'a> {
    /// The field's name.
    #[schema(example = "title")]
    field: &'a str,
    /// A stable word for programs.
    #[schema(example = "too_long")]
    code: &'a str,
    /// A sentence for people.
    message: &'a str,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, _) = self.code().kind.status();
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).expect("kinds have valid statuses");
        response.extensions_mut().insert(self);
        response
    }
}

/// Renders the error that a response carries, in the shape of its door; responses without one pass through.
pub(super) fn render(mut response: Response, request_id: &str, shape: Option<Shape>) -> Response {
    let Some(error) = response.extensions_mut().remove::<Error>() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let body = match shape {
        None => {
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            Body::from(document(&error, request_id))
        }
        Some(shape) => {
            let (worded, body) = shape(&error).into_parts();
            parts.status = worded.status;
            parts.headers.extend(worded.headers);
            body
        }
    };
    if parts.status == StatusCode::UNAUTHORIZED && !parts.headers.contains_key(WWW_AUTHENTICATE) {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(wait) = error.retry_after() {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
    }
    Response::from_parts(parts, body)
}

fn document(error: &Error, request_id: &str) -> Vec<u8> {
    let code = error.code();
    let (status, title) = code.kind.status();
    let problem = Problem {
        r#type: format!("/docs/errors#{}", code.name),
        title,
        status,
        detail: error.detail(),
        code: code.name,
        errors: error
            .fields()
            .iter()
            .map(|field| FieldProblem { field: &field.field, code: field.code, message: &field.message })
            .collect(),
        request_id,
    };
    serde_json::to_vec(&problem).expect("texts and numbers are JSON")
}

/// Whole seconds, rounded up, at least one: a client that obeys never comes too early.
fn seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}
