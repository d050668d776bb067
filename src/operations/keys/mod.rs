//! Key sets: the document of public keys, and what operators do with the sets.

mod document;
mod manage;

pub use manage::{Listed, Revoked, Rotated, list, revoke, rotate, sweep};

pub(super) use document::routes;
