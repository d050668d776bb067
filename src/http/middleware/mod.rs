//! What happens once for every request, whichever door it comes through.

mod access_log;
mod cors;
mod door;
mod headers;
mod host;
mod in_flight;
mod request_id;

pub use cors::cors;
pub use door::{Door, admit, enter};
pub use request_id::RequestId;
