//! The way in and out of every request: it gets an id, a place and a deadline; its answer is rendered, guarded, logged.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::access_log::AccessLine;
use super::headers::SecurityHeaders;
use super::host;
use super::in_flight::InFlight;
use super::request_id::RequestIds;
use crate::app::App;
use crate::base::{Error, codes};
use crate::http::problem;

/// What every request passes.
pub struct Door {
    ids: RequestIds,
    in_flight: InFlight,
    deadline: Duration,
    headers: SecurityHeaders,
    app: Arc<App>,
}

impl Door {
    /// The door that the configuration describes.
    pub fn new(app: &Arc<App>) -> Self {
        let server = &app.config.server;
        Self {
            ids: RequestIds::new(app.random.as_ref()),
            in_flight: InFlight::new(server.max_in_flight),
            // The body may take `request_timeout` to arrive, and the answer as long again.
            deadline: server.request_timeout * 2,
            headers: SecurityHeaders::new(app.public_url().starts_with("https://")),
            app: Arc::clone(app),
        }
    }
}

/// The outermost layer: every answer passes it, those of inner layers too.
pub async fn enter(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    let id = door.ids.choose(request.headers());
    let line = AccessLine::begin(&request, &door.app.config.server.trusted_proxies);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    let error = response.extensions().get::<Error>().cloned();
    response = problem::render(response, id.as_str());
    door.headers.apply(response.headers_mut(), &id);
    line.end(&response, &id, error.as_ref());
    response
}

/// The layer that lets a request in: it gets a place and a deadline, and its panic stays its own.
pub async fn admit(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let Some(_place) = door.in_flight.take(request.uri().path()) else {
        return Error::new(&codes::SERVER_BUSY).into_response();
    };
    if let Err(error) = host::check(&request) {
        return error.into_response();
    }
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(door.deadline, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            Error::internal("a handler panicked; the panic stands above in the log").into_response()
        }
        Err(_) => Error::new(&codes::SERVER_TIMEOUT).into_response(),
    }
}
