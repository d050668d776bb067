//! Portcullis: accounts, sign-in, sessions that can really end, and owned data, in one binary.
//!
//! A map of the house, in the order in which it may import (each only what stands before it; a test holds this):
//!
//! - [`base`]: words everyone uses: errors, ids, time, pages, validation. No IO.
//! - [`config`]: typed settings from file, environment and flags.
//! - [`db`]: connections, transactions, migrations; the seam between asynchronous HTTP and synchronous SQL.
//! - [`security`]: password hashing, tokens, keys, the index of live sessions.
//! - [`files`]: pictures: received, made anew, kept in a folder or a bucket.
//! - [`mail`]: the outbox, templates, and the ways out.
//! - [`app`]: what a request can reach.
//! - [`http`]: what every route shares.
//! - [`resources`]: the kinds of data, each a folder.
//! - [`operations`]: health, public keys, jobs, the data folder, what is wrong.
//! - [`console`]: pages for people with a browser.
//! - [`dialects`]: contracts of existing backends, spoken over the same services.
//! - [`wiring`]: builds an application and its router from a configuration.
//! - [`cli`]: the commands.
//!
//! To embed Portcullis, build an application with [`wiring::build`], and serve [`wiring::router`].

pub mod app;
pub mod base;
pub mod cli;
pub mod config;
pub mod console;
pub mod db;
pub mod dialects;
pub mod files;
pub mod http;
pub mod mail;
pub mod operations;
pub mod resources;
pub mod security;
pub mod wiring;
