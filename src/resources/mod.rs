//! The kinds of data, each a folder: model, store (SQL), service (rules), routes and dto (HTTP).
//!
//! Imports inside run one way: audit ← guard ← idempotency ← sessions ← accounts ← tasks, books, mails.

pub mod accounts;
pub mod audit;
pub mod books;
pub mod guard;
pub mod idempotency;
pub mod mails;
pub mod sessions;
pub mod tasks;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::base::AccountErasure;
use crate::http::HttpState;

/// The routes of `/api/v1`: a new resource is one line here.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .merge(sessions::routes())
        .merge(accounts::routes())
        .merge(audit::routes())
        .merge(tasks::routes())
        .merge(books::routes())
        .merge(mails::routes())
}

/// What must follow when an account is deleted, in this order.
pub fn erasures(app: &Arc<App>) -> Vec<Box<dyn AccountErasure>> {
    vec![
        Box::new(tasks::Erasure(Arc::clone(app))),
        Box::new(books::Erasure(Arc::clone(app))),
        Box::new(idempotency::Erasure(Arc::clone(app))),
        Box::new(mails::Erasure(Arc::clone(app))),
        Box::new(sessions::Erasure(Arc::clone(app))),
        Box::new(guard::Erasure(Arc::clone(app))),
    ]
}
