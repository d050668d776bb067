//! Accounts: who can sign in, what they may change about themselves, and what others may do to them.

mod dto;
mod identifiers;
mod leaving;
mod login_name;
mod model;
pub mod numbered;
pub mod people;
mod routes;
mod service;
mod store;
pub mod unproven;

pub use dto::{ProfileRequest, RegisterRequest};
pub use login_name::LoginName;
pub use model::{Account, Admission, Disabling, ProfileChange, Registration};
pub use routes::routes;
pub use service::{find_key, own, register, sign_in, sweep_deleted, update_profile};
