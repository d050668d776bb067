//! What happened, written in the transaction that makes it happen.

mod dto;
mod model;
mod permitted;
mod routes;
mod service;
mod store;

pub use model::{Event, EventFilter, EventKind, Recorded};
pub use permitted::Permitted;
pub use routes::routes;
pub use service::{list, record, refuse, refuse_permission, sweep, tell_dropped};
