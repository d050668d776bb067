//! Tasks: what an account has to do.

mod dto;
mod model;
pub mod numbered;
mod routes;
mod service;
mod store;

pub use dto::CreateTask;
pub use model::{Task, TaskChange, TaskDraft, TaskName};
pub use routes::routes;
pub use service::{delete, update};

use std::sync::Arc;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};

/// Removes a deleted account's tasks.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.0.db.sweep(move |writer| Ok(store::delete_of_account(writer, account, chunk)?)))
    }
}
