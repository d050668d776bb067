//! `/metrics`: what Prometheus reads, in the format of `OpenMetrics`.

mod live_sessions;
mod page;
mod process;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::http::HttpState;
use live_sessions::LiveSessions;
use visitor::Visitor;

/// On the main address, for those whom `metrics.allow` names; everybody else finds nothing there.
pub(super) fn guarded_routes() -> Router<HttpState> {
    let sessions = Arc::new(LiveSessions::default());
    let answer = move |_: Visitor, State(app): State<Arc<App>>| answer(app, Arc::clone(&sessions));
    Router::new().route("/metrics", get(answer))
}

/// On an address of their own, for everybody who can reach it.
pub fn routes() -> Router<HttpState> {
    let sessions = Arc::new(LiveSessions::default());
    let answer = move |State(app): State<Arc<App>>| answer(app, Arc::clone(&sessions));
    Router::new().route("/metrics", get(answer))
}

async fn answer(app: Arc<App>, sessions: Arc<LiveSessions>) -> Response {
    let live = sessions.count(&app).await;
    let text = page::text(&app, live);
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
