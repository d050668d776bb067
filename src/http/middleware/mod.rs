//! What happens once for every request, whichever door it comes through.

mod access_log;
mod admit;
mod cors;
mod door;
mod enter;
mod headers;
mod host;
mod in_flight;
mod refusals;
mod request_id;
mod slow_request;

pub use admit::AdmitLayer;
pub use cors::cors;
pub use door::Door;
pub use enter::EnterLayer;
pub use refusals::refusals;
pub use request_id::RequestId;
