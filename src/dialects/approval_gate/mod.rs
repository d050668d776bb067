//! `approval_gate`: accounts wait for an administrator; roles user and admin.

mod routes;
mod wire;

pub(super) use routes::routes;
pub(super) use wire::shape;
