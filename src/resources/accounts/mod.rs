//! Accounts: who can sign in, what they may change about themselves, and what others may do to them.

mod dto;
mod identifiers;
mod leaving;
mod login_name;
mod model;
mod notices;
pub mod numbered;
pub mod people;
pub mod proofs;
mod registering;
mod routes;
mod service;
mod store;
pub mod unproven;

pub use dto::{DeleteRequest, LoginRequest, PasswordRequest, ProfileRequest, RegisterRequest};
pub use login_name::LoginName;
pub use model::{Account, Admission, Disabling, Greeting, ProfileChange, Reception, Registration};
pub use registering::{Registered, register};
pub use routes::routes;
pub use service::{change_password, delete_own, find_key, own, sign_in, sweep_deleted, update_profile};
