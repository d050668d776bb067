//! `/` greets: a small page for a browser, JSON for a client.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use super::HttpState;
use crate::app::App;

const PAGE: &str = include_str!("../../assets/home.html");
const ACCOUNT: &str =
    "<dt><a href=\"/account\">Your account</a></dt><dd>register, sign in, change and end things</dd>\n";
const STYLE: &str = include_str!("../../assets/portcullis.css");

/// The greeting and the stylesheet of our own pages.
pub(super) fn routes() -> Router<HttpState> {
    Router::new().route("/", get(greet)).route("/assets/portcullis.css", get(style))
}

/// Pages of ours load nothing but their own stylesheet.
pub(super) const PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'");

async fn greet(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") {
        let link = if app.config.pages.enabled { ACCOUNT } else { "" };
        return page(PAGE.replace("<!-- pages -->\n", link));
    }
    let url = app.public_url();
    Json(serde_json::json!({
        "name": "Portcullis",
        "version": env!("CARGO_PKG_VERSION"),
        "api": format!("{url}/api/v1"),
        "documentation": format!("{url}/docs"),
    }))
    .into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))], STYLE).into_response()
}

/// A page of ours.
pub(super) fn page(html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (headers, html).into_response()
}
