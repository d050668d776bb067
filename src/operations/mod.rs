//! What machines and operators ask for: health, public keys, metrics, forward-auth, jobs, the time, backups, what is wrong.

pub mod backup;
mod data_folder;
pub mod database_clock;
pub mod doctor;
pub mod first_admin;
mod forward_auth;
mod health;
pub mod jobs;
pub mod keys;
pub mod metrics;

pub use data_folder::DataFolder;

use axum::Router;

use crate::config::Config;
use crate::http::HttpState;

/// `/healthz`, `/readyz` and `/.well-known/jwks.json`.
pub fn routes() -> Router<HttpState> {
    Router::new().merge(health::routes()).merge(keys::routes())
}

/// `/authz` and, unless they have an address of their own, `/metrics`: for machines, never for pages of other origins.
pub fn machine_routes(config: &Config) -> Router<HttpState> {
    let routes = forward_auth::routes();
    if config.metrics.listen.is_some() { routes } else { routes.merge(metrics::guarded_routes()) }
}
