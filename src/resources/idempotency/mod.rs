//! Creations that happen once, however often a client repeats them.

mod service;
mod store;

pub use service::{Creation, Receipt, create_once, sweep};

use std::sync::Arc;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};

/// Removes a deleted account's kept answers.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "idempotency_keys"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.0.db.sweep(move |writer| Ok(store::delete_of_account(writer, account, chunk)?)))
    }
}
