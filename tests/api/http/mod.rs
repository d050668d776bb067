//! What holds for every request, whichever door it comes through.

mod access_log;
mod backup_health;
mod bodies;
mod compression;
mod cors;
mod documentation;
mod failures;
mod forward_auth;
pub mod log;
mod machines;
mod metrics;
mod request_id;
mod routing;
mod security_headers;
mod slow_requests;

use std::sync::Arc;

use axum::Router;
use portcullis::http::{HttpState, assemble};
use portcullis::resources::{self, sessions::SessionAuthenticator};

use crate::support::{Anonymous, TestApp};

/// A caller of a router that has, besides the API, these routes behind the layers that every request passes.
fn caller_of(app: &TestApp, doors: Router<HttpState>) -> Anonymous {
    let authenticator = Arc::new(SessionAuthenticator::new(Arc::clone(&app.app)));
    let state = HttpState { app: Arc::clone(&app.app), authenticator };
    Anonymous::new(assemble(&state, resources::routes(), doors, Router::new(), Vec::new()))
}
