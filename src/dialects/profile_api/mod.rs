//! `profile_api`: e-mail and password, one token for a day, a profile.

mod routes;
mod wire;

pub(super) use routes::routes;
pub(super) use wire::shape;
