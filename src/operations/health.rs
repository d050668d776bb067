//! `/healthz`: the process answers. `/readyz`: it can also work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;
use crate::db::NotReady;
use crate::http::HttpState;

pub(super) fn routes() -> Router<HttpState> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

async fn alive() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], r#"{"status":"ok"}"#)
        .into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.db.ready().await {
        Ok(()) => Json(json!({ "status": "ready", "database": "ready" })).into_response(),
        Err(NotReady { reason, cause }) => {
            tracing::warn!(reason = cause, "not ready");
            let body = Json(json!({ "status": "not_ready", "database": "unavailable", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], body).into_response()
        }
    }
}
