//! Errors as people see them: beside the form that was sent, or on a page of their own.

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value as Json, json};

use super::form::Form;
use super::site::html_page;
use super::visit::Visit;
use crate::base::{Error, FieldError, Kind, Result};
use crate::http::Told;

/// What fields are called on the pages. The others are not typed.
const LABELS: [(&str, &str); 8] = [
    ("code", "Code"),
    ("current_password", "Current password"),
    ("email", "E-mail address"),
    ("login", "E-mail address or user name"),
    ("name", "Name"),
    ("new_password", "New password"),
    ("password", "Password"),
    ("username", "User name"),
];

/// The status of an error on a page. A page cannot answer with 401, which asks the browser for what it does not have.
fn status(error: &Error) -> StatusCode {
    let (status, _) = error.code().kind.status();
    let status = if error.code().kind == Kind::Unauthenticated { 403 } else { status };
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The sentence of a field error, with the name that the field has on the page.
fn message(field: &FieldError) -> String {
    let label = LABELS.iter().find(|(name, _)| *name == field.field).map(|(_, label)| *label);
    match (label, field.message.strip_prefix(&*field.field)) {
        (Some(label), Some(rest)) => format!("{label}{rest}"),
        _ => field.message.to_string(),
    }
}

/// A field error as a template shows it. A link's token is not typed: whoever has none is asked for the code.
fn told(field: &FieldError) -> Json {
    if field.field == "token" && field.code == "required" {
        return json!({ "field": "code", "message": "Code is required." });
    }
    json!({ "field": field.field, "message": message(field) })
}

impl Visit {
    /// The page of a form once more: with what was typed, and what is wrong with it.
    ///
    /// # Errors
    /// A fault of ours, which is nothing to correct in a form.
    pub(super) fn refused(
        &self,
        template: &str,
        mut context: Json,
        form: &Form,
        error: Error,
    ) -> Result<Response> {
        if error.code().kind == Kind::Internal {
            return Err(error);
        }
        let fields: Vec<Json> = error.fields().iter().map(told).collect();
        context["refused"] = json!({ "code": error.code().name, "detail": error.detail(), "fields": fields });
        context["values"] = form.typed();
        let mut response = self.page_with(status(&error), template, context)?;
        if let Some(wait) = error.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response.extensions_mut().insert(Told(error));
        Ok(response)
    }
}

/// A page of its own, for what no form is to blame for.
pub(super) fn page(error: &Error) -> Response {
    let status = status(error);
    let html = include_str!("../../assets/refusal.html")
        .replace("<!-- title -->", title(error))
        .replace("<!-- detail -->", &escaped(error.detail()));
    html_page(status, html)
}

fn title(error: &Error) -> &'static str {
    match error.code().kind {
        Kind::NotFound | Kind::MethodNotAllowed => "There is nothing here",
        Kind::RateLimited => "Too fast",
        Kind::Unavailable => "Not at this moment",
        Kind::Internal => "Something went wrong",
        _ => "This was refused",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
