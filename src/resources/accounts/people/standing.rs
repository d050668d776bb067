//! Whether somebody may sign in: approved, rejected, disabled for a while, enabled again.

use std::sync::Arc;

use super::changes::{Order, change};
use crate::app::App;
use crate::base::{
    Code, DecidesPeople, Error, Id, ManagesPeople, Permission, Precondition, Result, Role, Status, codes,
};
use crate::resources::accounts::model::{Account, Disabling};

/// Lets somebody in who waits.
///
/// # Errors
/// `account.not_found`, `account.not_pending`, and `auth.forbidden` for an approver who is asked about more than a user.
pub async fn approve(
    app: &Arc<App>,
    permission: DecidesPeople,
    id: Option<Id>,
    reason: Option<String>,
) -> Result<Account> {
    change(app, order(permission, id, reason), move |before, _, decider| {
        demand_decidable(before, decider)?;
        Ok(Account { status: Status::Active, ..before.clone() })
    })
    .await
}

/// Turns somebody away who waits: the account is disabled, with the reason `rejected`. Why, only the audit log keeps.
///
/// # Errors
/// As [`approve`].
pub async fn reject(
    app: &Arc<App>,
    permission: DecidesPeople,
    id: Option<Id>,
    reason: Option<String>,
) -> Result<Account> {
    change(app, order(permission, id, reason), move |before, _, decider| {
        demand_decidable(before, decider)?;
        let disabled = Some(Disabling { reason: Some(Disabling::REJECTED.into()), until: None });
        Ok(Account { status: Status::Disabled, disabled, ..before.clone() })
    })
    .await
}

/// Whoever approves must not make itself colleagues: only an administrator decides about those who will have power.
fn demand_decidable(before: &Account, decider: Role) -> Result<()> {
    if before.role != Role::User && decider != Role::Admin {
        let words = "Only an administrator decides about approvers and administrators.";
        return Err(Error::new(&codes::FORBIDDEN).with_detail(words));
    }
    demand(before, Status::Pending, &codes::NOT_PENDING)
}

/// Locks somebody out, for ever or until a time: all sessions end. The person reads the reason at sign-in.
///
/// # Errors
/// `account.not_found`, `account.not_active`, `account.last_admin`, and a field error for a time that has passed.
pub async fn disable(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    disabling: Disabling,
) -> Result<Account> {
    let order = order(permission, id, disabling.reason.clone());
    change(app, order, move |before, now, _| {
        if disabling.until.is_some_and(|until| until <= now) {
            let words = "until must be a time to come.";
            return Err(Error::invalid(Vec::new()).with_field("until", "in_the_past", words));
        }
        demand(before, Status::Active, &codes::NOT_ACTIVE)?;
        Ok(Account { status: Status::Disabled, disabled: Some(disabling.clone()), ..before.clone() })
    })
    .await
}

/// Lets somebody in again who was disabled or rejected.
///
/// # Errors
/// `account.not_found`, `account.not_disabled`.
pub async fn enable(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    reason: Option<String>,
) -> Result<Account> {
    change(app, order(permission, id, reason), |before, _, _| {
        demand(before, Status::Disabled, &codes::NOT_DISABLED)?;
        Ok(Account { status: Status::Active, disabled: None, ..before.clone() })
    })
    .await
}

fn order<P: Permission>(permission: P, id: Option<Id>, reason: Option<String>) -> Order<P> {
    Order { permission, id, precondition: Precondition::None, reason }
}

fn demand(account: &Account, status: Status, otherwise: &'static Code) -> Result<()> {
    if account.status == status { Ok(()) } else { Err(Error::new(otherwise)) }
}
