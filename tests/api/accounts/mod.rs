//! Accounts through the public door: making one, signing in, changing it and leaving.

mod audit;
mod deletion;
mod hashing;
mod identifiers;
mod password;
mod passwords;
mod profile;
mod registration;
mod registration_at_once;
mod sign_in;
mod timing;
