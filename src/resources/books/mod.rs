//! Books: somebody's library, with covers.

mod covers;
mod dto;
mod model;
pub mod numbered;
mod objects;
mod routes;
mod service;
mod store;

pub use dto::{ChangeBook, CreateBook};
pub use model::{Book, BookChange, BookDraft, BookName};
pub use objects::{Inventory, Missing, Repair, repair, sweep, take_inventory};
pub use service::{delete, expect, update, update_with_cover};

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};
use crate::http::HttpState;

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    routes::routes().merge(covers::routes())
}

/// Removes a deleted account's books, and their covers with them.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "books"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            let erased = self.0.db.sweep(move |writer| Ok(store::delete_of_account(writer, account, chunk)?));
            let (removed, objects) = erased.await?;
            self.0.files.discard(objects);
            Ok(removed)
        })
    }
}
