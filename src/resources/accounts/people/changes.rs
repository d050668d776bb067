//! One way to change somebody else's account: the rules that hold for every change, and what the audit log says of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::model::PersonChange;
use crate::app::App;
use crate::base::{
    Caller, Change, Error, Id, Permission, Precondition, Result, Role, Status, Timestamp, codes,
};
use crate::db::{Reader, Writer};
use crate::resources::accounts::identifiers::same_postbox;
use crate::resources::accounts::leaving::demand_another_admin;
use crate::resources::accounts::model::{Account, Disabling};
use crate::resources::accounts::{notices, store};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::sessions::{self, EndReason};

/// Which account, as it must stand, is changed by whom.
pub(super) struct Order<P> {
    pub permission: P,
    pub id: Option<Id>,
    pub precondition: Precondition,
    /// Why, for the audit log.
    pub reason: Option<String>,
}

/// Changes an account in one transaction: `decide` says what becomes of it, from what it is now and the role that the caller
/// has now.
///
/// # Errors
/// What `decide` refuses with; `account.not_found`, `precondition.failed`, `account.last_admin`, a taken name; and
/// `auth.forbidden` when the caller has lost its role meanwhile.
pub(super) async fn change<P: Permission + Sync + 'static>(
    app: &Arc<App>,
    order: Order<P>,
    decide: impl Fn(&Account, Timestamp, Role) -> Result<Account> + Send + Sync + 'static,
) -> Result<Account> {
    let shared = Arc::clone(app);
    let (order, named) = (Arc::new(order), Arc::clone(app));
    let ordered = Arc::clone(&order);
    let changed = app.db.write(move |writer| {
        let now = shared.now();
        let before = found(writer, ordered.id, now)?;
        ordered.precondition.demand(before.version)?;
        let role = demand_still(&shared, writer, &ordered.permission)?;
        let decided = decide(&before, now, role)?;
        if same(&before, &decided) {
            return Ok(before);
        }
        let mut after = decided.changed(now);
        let leaves = before.status == Status::Active && after.status != Status::Active;
        if before.active_admin() && !after.active_admin() {
            demand_another_admin(&shared, writer, &before)?;
        }
        // Once more: behind the lock of the administrators, another one may have been faster.
        demand_still(&shared, writer, &ordered.permission)?;
        // A sign-in that was verified before is void: its session must not come back with the account.
        after.epoch += i64::from(leaves);
        if !store::update(writer, &after)? {
            return Err(writer.overtaken().into());
        }
        let ended = if leaves {
            sessions::end_all(&shared, writer, after.key, None, EndReason::Disabled)?.len()
        } else {
            0
        };
        let caller = ordered.permission.caller();
        note_profile(&shared, writer, caller, &before, &after)?;
        note_role(&shared, writer, caller, &before, &after)?;
        note_status(&shared, writer, &ordered, &before, &after, ended)?;
        notices::decided(&shared, writer, &before, &after)?;
        let (index, key) = (Arc::clone(&shared.index), after.key);
        writer.after_commit(move || index.invalidate_account(key));
        Ok(after)
    });
    changed.await.inspect_err(|error| note_refusal::<P>(&named, error, order.permission.caller(), order.id))
}

/// Notes that a caller was not allowed to do this to this account.
pub(super) fn note_refusal<P: Permission>(app: &Arc<App>, error: &Error, caller: &Caller, id: Option<Id>) {
    if *error.code() == codes::FORBIDDEN {
        let call = id.map_or_else(|| "a new account".to_owned(), |id| format!("account {id}"));
        audit::refuse_permission::<P>(app, caller, &call);
    }
}

/// The account with this public id.
///
/// # Errors
/// `account.not_found`.
pub(super) fn found(reader: &mut Reader<'_>, id: Option<Id>, now: Timestamp) -> Result<Account> {
    let id = id.ok_or_else(|| Error::new(&codes::ACCOUNT_NOT_FOUND))?;
    store::find_public(reader, id, now)?.ok_or_else(|| Error::new(&codes::ACCOUNT_NOT_FOUND))
}

/// Whether the caller's permission still stands, inside the transaction that uses it, and the role that the caller has now:
/// it was obtained from an index, and another administrator may have been faster.
///
/// # Errors
/// `auth.forbidden`.
pub(super) fn demand_still<P: Permission>(
    app: &App,
    reader: &mut Reader<'_>,
    permission: &P,
) -> Result<Role> {
    let Some(actor) = permission.caller().actor() else { return Ok(permission.caller().role()) };
    let now = store::find(reader, actor.account, app.now())?;
    let stands = now.filter(|now| now.status == Status::Active && P::goes_with(now.role));
    stands.map(|now| now.role).ok_or_else(|| Error::new(&codes::FORBIDDEN))
}

/// The account after a change of its fields.
///
/// # Errors
/// A field error when the last name to sign in with would go.
pub(super) fn apply(change: &PersonChange, before: &Account) -> Result<Account> {
    let mut after = before.clone();
    let PersonChange { name, username, email, role, status } = change;
    after.name = name.clone().apply(after.name);
    after.username = username.clone().and_then(|username| Some(username.typed)).apply(after.username);
    match email {
        Change::Keep => {}
        Change::Clear => (after.email, after.email_verified_at) = (None, None),
        Change::Set(address) => {
            if !same_postbox(after.email.as_deref().unwrap_or_default(), &address.typed) {
                after.email_verified_at = None;
            }
            after.email = Some(address.typed.clone());
        }
    }
    if after.username.is_none() && after.email.is_none() {
        let field = if *email == Change::Clear { "email" } else { "username" };
        let words = format!("{field} is the only name that this person can sign in with.");
        return Err(Error::invalid(Vec::new()).with_field(field, "required", words));
    }
    after.role = role.unwrap_or(after.role);
    if let Some(status) = *status
        && status != after.status
    {
        after.status = status;
        after.disabled = (status == Status::Disabled).then(Disabling::default);
    }
    Ok(after)
}

fn same(before: &Account, after: &Account) -> bool {
    let fields = |account: &Account| {
        let names = (account.name.clone(), account.username.clone(), account.email.clone());
        (names, account.role, account.status, account.disabled.clone())
    };
    fields(before) == fields(after)
}

/// Notes changed names, before and after; nothing when there are none.
///
/// # Errors
/// When the database cannot take it.
pub(in crate::resources::accounts) fn note_profile(
    app: &App,
    writer: &mut Writer<'_>,
    caller: &Caller,
    before: &Account,
    after: &Account,
) -> Result<()> {
    let fields = [
        ("name", &before.name, &after.name),
        ("username", &before.username, &after.username),
        ("email", &before.email, &after.email),
    ];
    let changed = fields.into_iter().filter(|(_, before, after)| before != after);
    let changed: Map<String, Value> = changed
        .map(|(field, before, after)| (field.to_owned(), json!({ "before": before, "after": after })))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let event = Event::by(caller, EventKind::AccountChanged, after.id);
    Ok(audit::record(app, writer, &event.with(Value::Object(changed)))?)
}

fn note_role(
    app: &App,
    writer: &mut Writer<'_>,
    caller: &Caller,
    before: &Account,
    after: &Account,
) -> Result<()> {
    if before.role == after.role {
        return Ok(());
    }
    let detail = json!({ "before": before.role.as_str(), "after": after.role.as_str() });
    Ok(audit::record(app, writer, &Event::by(caller, EventKind::RoleChanged, after.id).with(detail))?)
}

fn note_status<P: Permission>(
    app: &App,
    writer: &mut Writer<'_>,
    order: &Order<P>,
    before: &Account,
    after: &Account,
    ended_sessions: usize,
) -> Result<()> {
    if before.status == after.status && before.disabled == after.disabled {
        return Ok(());
    }
    let rejected = after.disabled.as_ref().is_some_and(Disabling::is_rejection);
    let kind = match (before.status, after.status) {
        (Status::Pending, Status::Disabled) if rejected => EventKind::AccountRejected,
        (Status::Pending, Status::Active) => EventKind::AccountApproved,
        (_, Status::Active) => EventKind::AccountEnabled,
        (_, Status::Disabled) => EventKind::AccountDisabled,
        (_, Status::Pending) => EventKind::AccountSuspended,
    };
    let mut detail = json!({ "before": before.status.as_str(), "after": after.status.as_str() });
    if let Some(reason) = &order.reason {
        detail["reason"] = json!(reason);
    }
    if let Some(until) = after.disabled.as_ref().and_then(|now| now.until) {
        detail["until"] = json!(until);
    }
    if ended_sessions > 0 {
        detail["ended_sessions"] = json!(ended_sessions);
    }
    let event = Event::by(order.permission.caller(), kind, after.id);
    Ok(audit::record(app, writer, &event.with(detail))?)
}
