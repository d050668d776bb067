//! What keeps strangers out: limits for each address, and a growing delay behind wrong passwords. See `docs/adr/0005-abuse.md`.

mod model;
mod rates;
mod service;
mod store;

pub use rates::admit;
pub use service::{Attempt, begin_confirmation, begin_sign_in, forget_devices, sweep};

use std::sync::Arc;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};

/// Removes a deleted account's known devices.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "known_devices"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.0.db.sweep(move |writer| Ok(store::delete_devices_of(writer, account, chunk)?)))
    }
}
