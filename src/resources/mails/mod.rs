//! Mails as administrators see them: what was mailed to whom, and how far it is. Never what stands in a mail.

mod dto;
mod routes;
mod service;

pub use routes::routes;
pub use service::{list, read};

use std::sync::Arc;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};

/// Removes a deleted account's mails.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "mails"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.0.mail.erase(account, chunk))
    }
}
