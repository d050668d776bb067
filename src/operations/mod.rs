//! What machines and operators ask for: health, public keys, jobs, the time, backups, what is wrong.

pub mod backup;
mod data_folder;
pub mod database_clock;
pub mod doctor;
pub mod first_admin;
mod health;
pub mod jobs;
pub mod keys;

pub use data_folder::DataFolder;

use axum::Router;

use crate::http::HttpState;

/// `/healthz`, `/readyz` and `/.well-known/jwks.json`.
pub fn routes() -> Router<HttpState> {
    Router::new().merge(health::routes()).merge(keys::routes())
}
