//! `form_login`: HTML forms for sign-up and sign-in, the token in `x-access-token`.

mod routes;
mod wire;

pub(super) use routes::routes;
pub(super) use wire::shape;
