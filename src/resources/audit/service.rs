//! Writing events, reading them, and removing old ones.

use std::sync::Arc;

use serde_json::json;

use super::model::{EventFilter, Recorded};
use super::{Event, EventKind, store};
use crate::app::App;
use crate::base::{Caller, Page, PageRequest, Permission, ReadsAudit, Result, codes};
use crate::db::{self, Reader, Writer};
use crate::security::Leave;

/// Notes an event in the transaction that makes it happen.
///
/// # Errors
/// When the statement fails; the transaction must then fail too.
pub fn record(app: &App, writer: &mut Writer<'_>, event: &Event) -> db::Result<()> {
    store::insert(writer, app.new_id(), app.now(), event)
}

/// Notes a refusal. Nobody waits for it: where the database cannot keep up, or refusals come in floods, a refusal is still
/// a refusal, and those that cannot be written down are counted.
pub fn refuse(app: &Arc<App>, event: Event) {
    let Some(leave) = app.refusals.admit(event.ip, app.now()) else { return };
    let (shared, leave) = (Arc::clone(app), Arc::new(leave));
    app.db.post(move |writer| {
        record(&shared, writer, &event)?;
        record_dropped(&shared, writer, &leave)
    });
}

/// Notes that a caller wanted to do what its role does not allow. `call` says what that was.
pub fn refuse_permission<P: Permission>(app: &Arc<App>, caller: &Caller, call: &str) {
    let detail = json!({ "reason": codes::FORBIDDEN.name, "permission": P::NAME, "call": call });
    let event = Event {
        kind: EventKind::PermissionRefused,
        actor: caller.id(),
        account: caller.id(),
        ip: caller.address(),
        detail,
    };
    refuse(app, event);
}

/// Writes down how many refusals could not be, if nobody has told since.
///
/// # Errors
/// When the database cannot take it; the count is told another time.
pub async fn tell_dropped(app: &Arc<App>) -> Result<()> {
    let Some(leave) = app.refusals.admit_count() else { return Ok(()) };
    let (shared, leave) = (Arc::clone(app), Arc::new(leave));
    app.db.write(move |writer| record_dropped(&shared, writer, &leave)).await
}

fn record_dropped(app: &App, writer: &mut Writer<'_>, leave: &Arc<Leave>) -> Result<()> {
    if leave.untold() > 0 {
        let detail = json!({ "count": leave.untold() });
        let kind = EventKind::RefusalsDropped;
        record(app, writer, &Event { kind, actor: None, account: None, ip: None, detail })?;
    }
    let leave = Arc::clone(leave);
    writer.after_commit(move || leave.written());
    Ok(())
}

/// A page of events, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    app: &Arc<App>,
    _: &ReadsAudit,
    filter: EventFilter,
    page: PageRequest,
) -> Result<Page<Recorded>> {
    // Each filter alone is a walk along an index; two together, or a count, may look at many rows.
    let wide = page.total || (filter.account.is_some() && filter.kind.is_some());
    let job = move |reader: &mut Reader<'_>| {
        let rows = store::list(reader, &filter, page.after.as_ref(), i64::from(page.limit) + 1)?;
        let total = page.total.then(|| store::count(reader, &filter)).transpose()?;
        Ok(Page::cut(rows, page.limit, total, Recorded::position))
    };
    if wide { app.db.scan(job).await } else { app.db.read(job).await }
}

/// Removes at most `chunk` events that are older than `audit.retention`; the number removed.
///
/// # Errors
/// When the database cannot take it.
pub async fn sweep(app: &Arc<App>, chunk: u32) -> Result<u64> {
    let before = app.now().minus(app.config.audit.retention);
    app.db.sweep(move |writer| Ok(store::delete_old(writer, before, chunk)?)).await
}
