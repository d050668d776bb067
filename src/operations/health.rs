//! `/healthz`: the process answers. `/readyz`: it can also work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

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
        Ok(()) => {
            if let Err(error) = app.key_keeper.ensure().await {
                tracing::warn!(reason = error.cause(), "not ready");
                let reason = error.detail();
                return not_ready(json!({ "status": "not_ready", "database": "ready", "reason": reason }));
            }
            let mut body = json!({ "status": "ready", "database": "ready" });
            if app.config.backup.dir.is_some() {
                body["backup"] = backup(&app);
            }
            body["mail"] = mail(&app);
            Json(body).into_response()
        }
        Err(NotReady { reason, cause }) => {
            tracing::warn!(reason = cause, "not ready");
            not_ready(json!({ "status": "not_ready", "database": "unavailable", "reason": reason }))
        }
    }
}

fn not_ready(body: Value) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], Json(body)).into_response()
}

/// A backup that failed is told, and no reason to send nobody here any more.
fn backup(app: &App) -> Value {
    let good = app.backups.last_good();
    json!({
        "last_good_at": good,
        "age_seconds": good.map(|at| app.now().since(at).as_secs()),
        "last_failed_at": app.backups.last_failed(),
    })
}

/// Wrong settings and a way out that leads nowhere are told by name and time; the log says more, which not everybody may
/// know. Neither is a reason to send nobody here any more.
fn mail(app: &App) -> Value {
    let settings: Vec<_> = app.mail.problems().iter().map(|problem| problem.setting).collect();
    json!({ "wrong_settings": settings, "failing_since": app.mail.failing_since() })
}
