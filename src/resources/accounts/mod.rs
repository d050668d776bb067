//! Accounts: who can sign in, and what they may change about themselves.

mod dto;
mod identifiers;
mod model;
mod routes;
mod service;
mod store;

pub use dto::RegisterRequest;
pub use model::{Account, Registration};
pub use routes::routes;
pub use service::{create, find_key, list_all, sweep_deleted};
