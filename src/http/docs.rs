//! The documentation inside the binary: the OpenAPI document, Swagger UI over it, and the list of error codes.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, Url};

use super::{HttpState, home};
use crate::base::{Error, codes};

/// Where the OpenAPI document is served.
const DOCUMENT: &str = "/api/v1/openapi.json";

/// Swagger UI styles its elements inline and draws its icons from data addresses; everything else must be ours.
const UI_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
);

pub(super) fn routes(description: &utoipa::openapi::OpenApi) -> Router<HttpState> {
    let document = Bytes::from(super::openapi::text(description));
    // Without a word Swagger UI sends the document to a validator of its makers.
    let config = Arc::new(
        Config::new([Url::new("Portcullis", DOCUMENT)]).validator_url("none").try_it_out_enabled(true),
    );
    let root = Arc::clone(&config);
    Router::new()
        .route(
            DOCUMENT,
            get(async || ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], document)),
        )
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || file("", root)))
        .route("/docs/errors", get(async || home::page(error_page())))
        .route("/docs/{*file}", get(async |Path(name): Path<String>| file(&name, config)))
}

fn file(name: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(name, config) {
        Ok(Some(found)) => {
            let content_type = HeaderValue::from_str(&found.content_type);
            let headers = [
                (CONTENT_TYPE, content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
                (CONTENT_SECURITY_POLICY, UI_POLICY),
                (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
            ];
            (headers, found.bytes.into_owned()).into_response()
        }
        Ok(None) => Error::new(&codes::ROUTE_NOT_FOUND).into_response(),
        Err(error) => Error::internal(error).into_response(),
    }
}

/// The list of error codes for people, with an anchor for each: what `type` in a problem document points to.
fn error_page() -> String {
    let mut rows = String::new();
    for code in codes::ALL {
        let (status, title) = code.kind.status();
        writeln!(
            rows,
            "<tr id=\"{name}\"><td><code>{name}</code></td><td>{status} {title}</td><td>{meaning}</td></tr>",
            name = code.name,
            meaning = code.meaning.replace('&', "&amp;").replace('<', "&lt;"),
        )
        .expect("writing to a String cannot fail");
    }
    include_str!("../../assets/errors.html").replace("<!-- rows -->", &rows)
}

/// The same list as `docs/errors.md`.
pub fn error_markdown() -> String {
    let mut text = String::from(
        "# Error codes\n\nMade from `src/base/codes.rs` by `portcullis openapi --errors`. The `code` of a problem document is \
         stable; its sentence is for people.\n\n| code | status | meaning |\n|---|---|---|\n",
    );
    for code in codes::ALL {
        let (status, title) = code.kind.status();
        writeln!(text, "| `{}` | {status} {title} | {} |", code.name, code.meaning.replace('|', "\\|"))
            .expect("writing to a String cannot fail");
    }
    text
}
