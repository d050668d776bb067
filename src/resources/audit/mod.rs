//! What happened, written in the transaction that makes it happen.

mod model;
mod service;
mod store;

pub use model::{Event, EventKind};
pub use service::{record, refuse};
