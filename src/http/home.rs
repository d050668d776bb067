//! `/` greets: a small page for a browser, JSON for a client. Both say which dialects are spoken where.

use std::fmt::Write;
use std::sync::Arc;

use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{Face, HttpState};

const PAGE: &str = include_str!("../../assets/home.html");
const STYLE: &str = include_str!("../../assets/portcullis.css");

/// The greeting, where no other door stands at `/`, and the stylesheet of our own pages.
pub(super) fn routes(faces: &[Face], url: &str) -> Router<HttpState> {
    let router = Router::new().route("/assets/portcullis.css", get(style));
    if faces.iter().any(|face| face.greets) {
        return router;
    }
    let greeting = Arc::new(Greeting::new(faces, url));
    router.route("/", get(async move |headers: HeaderMap| greeting.answer(&headers)))
}

/// What `/` says, made once.
struct Greeting {
    page: String,
    json: Value,
}

impl Greeting {
    fn new(faces: &[Face], url: &str) -> Self {
        let mut json = json!({
            "name": "Portcullis",
            "version": env!("CARGO_PKG_VERSION"),
            "api": format!("{url}/api/v1"),
            "documentation": format!("{url}/docs"),
        });
        let mut rows = String::new();
        for Face { name, path, .. } in faces {
            json["dialects"][*name] = format!("{url}{path}/").into();
            writeln!(rows, "<dt><code>{path}/</code></dt><dd>the dialect <code>{name}</code></dd>")
                .expect("writing to a String cannot fail");
        }
        Self { page: PAGE.replace("<!-- dialects -->\n", &rows), json }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if accepts.contains("text/html") { page(self.page.clone()) } else { Json(&self.json).into_response() }
    }
}

/// Pages of ours load nothing but their own stylesheet.
pub(super) const PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'");

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
