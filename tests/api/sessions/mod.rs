//! Sessions through the public door: their tokens, their end, and their list.

mod access_tokens;
mod audit;
mod ended;
mod ending;
mod expiry;
pub mod forgery;
mod list;
mod logout;
mod refresh;
mod refresh_at_once;
mod refresh_rules;
mod refresh_tokens;
mod standing;
