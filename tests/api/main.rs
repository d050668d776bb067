//! The one integration binary: linking is dear. Behaviour through the public door, laid out by resource.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod architecture;
mod audit;
mod books;
mod dialects;
mod engines;
mod generated;
mod http;
pub mod keys;
mod limits;
mod mail;
mod openapi;
mod pages;
mod people;
mod permissions;
mod process;
mod sessions;
mod support;
mod tasks;
