//! `/` greets: a small page for a browser, JSON for a client. Both say which dialects are spoken where.

use std::fmt::Write;
use std::sync::Arc;

use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::shape::HOUSE;
use super::{Face, HttpState};
use crate::app::App;

const PAGE: &str = include_str!("../../assets/home.html");
const ACCOUNT: &str =
    "<dt><a href=\"/account\">Your account</a></dt><dd>register, sign in, change and end things</dd>\n";
const STYLE: &str = include_str!("../../assets/portcullis.css");

/// The greeting, where no other door stands at `/`, and the stylesheet of our own pages.
pub(super) fn routes(faces: &[Face], app: &App) -> Router<HttpState> {
    let router = Router::new().route("/assets/portcullis.css", get(style));
    if faces.iter().any(|face| face.greets) {
        return router;
    }
    let greeting = Arc::new(Greeting::new(faces, app));
    router.route("/", get(async move |headers: HeaderMap| greeting.answer(&headers)))
}

/// What `/` says, made once.
struct Greeting {
    page: String,
    json: Value,
}

impl Greeting {
    fn new(faces: &[Face], app: &App) -> Self {
        let url = app.public_url();
        let mut json = json!({
            "name": "Portcullis",
            "version": env!("CARGO_PKG_VERSION"),
            "api": format!("{url}/api/v1"),
            "documentation": format!("{url}/docs"),
        });
        let mut rows = String::new();
        // Doors of our own stand at paths that no dialect can have.
        for Face { name, path, .. } in faces.iter().filter(|face| !HOUSE.contains(&&*face.path)) {
            json["dialects"][*name] = format!("{url}{path}/").into();
            writeln!(rows, "<dt><code>{path}/</code></dt><dd>the dialect <code>{name}</code></dd>")
                .expect("writing to a String cannot fail");
        }
        let account = if app.config.pages.enabled { ACCOUNT } else { "" };
        let page = PAGE.replace("<!-- pages -->\n", account).replace("<!-- dialects -->\n", &rows);
        Self { page, json }
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
