//! What administrators and approvers do with accounts. Each service method takes the permission that it wants, so it
//! cannot be called without.

pub(super) mod changes;
mod dto;
mod model;
mod routes;
mod service;
mod session_list;
mod session_routes;
mod standing;
mod store;

pub use dto::checked_reason;
pub use model::{NewPerson, PeopleFilter, PersonChange};
pub(super) use routes::routes;
pub use service::{
    create, create_first, delete, end_sessions, find_by_name, has_admin, list, read, set_password, update,
};
pub use session_list::{end_session, list_sessions};
pub use standing::{approve, disable, enable, reject};
