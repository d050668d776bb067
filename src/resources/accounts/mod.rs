//! Accounts: who can sign in, what they may change about themselves, and what others may do to them.

mod dto;
mod identifiers;
mod leaving;
mod model;
mod notices;
pub mod people;
pub mod proofs;
mod registering;
mod routes;
mod service;
mod store;

pub use dto::{DeleteRequest, LoginRequest, PasswordRequest, RegisterRequest};
pub use model::{Account, Disabling, Greeting, Registration};
pub use registering::{Registered, register};
pub use routes::routes;
pub use service::{change_password, delete_own, find_key, own, sign_in, sweep_deleted};
