//! How an account goes, by its own hand or an administrator's; and what stands in the way.

use std::sync::Arc;

use serde_json::json;

use super::model::Account;
use super::store;
use crate::app::App;
use crate::base::{Error, Result, codes};
use crate::db::Writer;
use crate::resources::audit::{self, Event};
use crate::resources::sessions::{self, EndReason};

/// Refuses to take the last active administrator away. What it saw stays true until the commit.
///
/// # Errors
/// `account.last_admin`.
pub(super) fn demand_another_admin(app: &App, writer: &mut Writer<'_>, leaving: &Account) -> Result<()> {
    store::lock_admins(writer)?;
    if store::count_other_active_admins(writer, leaving.key, app.now())? == 0 {
        return Err(Error::new(&codes::LAST_ADMIN));
    }
    Ok(())
}

/// Ends the account's sessions, frees its names and marks it deleted; its rows follow by a durable job.
///
/// # Errors
/// `account.last_admin`.
pub(super) fn remove(app: &Arc<App>, writer: &mut Writer<'_>, account: &Account, event: Event) -> Result<()> {
    if account.active_admin() {
        demand_another_admin(app, writer, account)?;
    }
    if !store::update_deleted(writer, account, app.now())? {
        return Err(writer.overtaken().into());
    }
    let ended = sessions::end_all(app, writer, account.key, None, EndReason::Deleted)?.len();
    // No names: they go with the account.
    let (role, status) = (account.role.as_str(), account.status.as_str());
    let detail = json!({ "role": role, "status": status, "ended_sessions": ended });
    audit::record(app, writer, &event.with(detail))?;
    let (index, erasure, key) = (Arc::clone(&app.index), Arc::clone(&app.erasure), account.key);
    writer.after_commit(move || {
        index.invalidate_account(key);
        erasure.notify_one();
    });
    Ok(())
}
