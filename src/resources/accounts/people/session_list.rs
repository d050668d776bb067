//! What administrators see of an account's sessions, and how they end one.

use std::sync::Arc;

use serde_json::json;

use super::changes::{demand_still, found, note_refusal};
use crate::app::App;
use crate::base::{Id, ManagesPeople, Page, PageRequest, Permission, Result};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::sessions::{self, EndReason, ListedSession, Standing};

/// A page of an account's sessions: those that are good, or those that ended a while ago.
///
/// # Errors
/// `account.not_found`.
pub async fn list_sessions(
    app: &Arc<App>,
    _: &ManagesPeople,
    id: Option<Id>,
    standing: Standing,
    page: PageRequest,
) -> Result<Page<ListedSession>> {
    let now = app.now();
    let account = app.db.read(move |reader| found(reader, id, now)).await?;
    sessions::list(app, account.key, standing, page).await
}

/// Ends one live session of an account.
///
/// # Errors
/// `account.not_found`, `session.not_found`.
pub async fn end_session(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    session: Option<Id>,
) -> Result<()> {
    let (shared, caller) = (Arc::clone(app), permission.caller().clone());
    let ended = app.db.write(move |writer| {
        let account = found(writer, id, shared.now())?;
        demand_still(&shared, writer, &permission)?;
        let reason = EndReason::Administrator;
        let session = sessions::end_live(&shared, writer, account.key, session, reason)?;
        let event = Event::by(permission.caller(), EventKind::SessionEnded, account.id);
        let detail = json!({ "session": session, "reason": reason.as_str() });
        Ok(audit::record(&shared, writer, &event.with(detail))?)
    });
    ended.await.inspect_err(|error| note_refusal::<ManagesPeople>(app, error, &caller, id))
}
