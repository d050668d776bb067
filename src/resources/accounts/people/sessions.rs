//! Sessions of an account, one by one.

use std::sync::Arc;

use serde_json::json;

use super::changes::{demand_still, found};
use crate::app::App;
use crate::base::{Error, Id, ManagesPeople, Permission, Result, codes};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::sessions::{self, EndReason, SessionOverview};

/// The account's sessions, newest first: those that are alive, or all that are kept.
///
/// # Errors
/// `account.not_found`.
pub async fn list_sessions(
    app: &Arc<App>,
    _: &ManagesPeople,
    id: Id,
    ended_too: bool,
) -> Result<Vec<SessionOverview>> {
    let now = app.now();
    let all = app.db.scan(move |reader| {
        let account = found(reader, Some(id), now)?;
        sessions::overview(reader, account.key, now)
    });
    let mut all = all.await?;
    all.retain(|session| ended_too || session.end_reason.is_none());
    Ok(all)
}

/// Ends one session of an account.
///
/// # Errors
/// `account.not_found`; `session.not_found` when the account has no such live session.
pub async fn end_session(app: &Arc<App>, permission: ManagesPeople, id: Id, session: Id) -> Result<()> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let account = found(writer, Some(id), shared.now())?;
            demand_still(&shared, writer, &permission)?;
            let reason = EndReason::Administrator;
            if !sessions::end_live(&shared, writer, session, account.key, reason)? {
                let words = "The account has no such live session.";
                return Err(Error::new(&codes::SESSION_NOT_FOUND).with_detail(words));
            }
            let event = Event::by(permission.caller(), EventKind::SessionEnded, account.id);
            let detail = json!({ "session": session, "reason": reason.as_str() });
            Ok(audit::record(&shared, writer, &event.with(detail))?)
        })
        .await
}
