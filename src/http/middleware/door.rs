//! What the way in and out of every request knows.

use std::sync::Arc;
use std::time::Duration;

use super::headers::SecurityHeaders;
use super::in_flight::InFlight;
use super::request_id::RequestIds;
use crate::app::App;
use crate::http::shape::{Face, Shapes};

/// What every request passes.
pub struct Door {
    pub(super) ids: RequestIds,
    pub(super) in_flight: InFlight,
    pub(super) deadline: Duration,
    pub(super) headers: SecurityHeaders,
    /// From here on a request is slow.
    pub(super) slow: Duration,
    pub(super) shapes: Shapes,
    pub(super) app: Arc<App>,
}

impl Door {
    /// The door that the configuration describes, with other doors' shapes for their own paths.
    pub fn new(app: &Arc<App>, faces: Vec<Face>) -> Self {
        let server = &app.config.server;
        Self {
            ids: RequestIds::new(app.random.as_ref()),
            in_flight: InFlight::new(server.max_in_flight),
            // The body may take `request_timeout` to arrive, and the answer as long again.
            deadline: server.request_timeout * 2,
            headers: SecurityHeaders::new(app.public_url().starts_with("https://")),
            slow: app.config.log.slow_request,
            shapes: Shapes::new(faces),
            app: Arc::clone(app),
        }
    }
}
