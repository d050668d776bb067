//! Writing events.

use std::sync::Arc;

use super::{Event, store};
use crate::app::App;
use crate::db::{self, Writer};

/// Notes an event in the transaction that makes it happen.
///
/// # Errors
/// When the statement fails; the transaction must then fail too.
pub fn record(app: &App, writer: &mut Writer<'_>, event: &Event) -> db::Result<()> {
    store::insert(writer, app.new_id(), app.now(), event)
}

/// Notes a refusal. Nobody waits for it: where the database cannot keep up, a refusal is still a refusal.
pub fn refuse(app: &Arc<App>, event: Event) {
    let shared = Arc::clone(app);
    let kept = app.db.post(move |writer| Ok(record(&shared, writer, &event)?));
    if !kept {
        tracing::warn!("a refusal could not be written to the audit log: the database's queue is full");
    }
}
