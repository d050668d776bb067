//! People on the wire of `/api/v1`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{NewPerson, PeopleFilter, PersonChange};
use crate::base::{Check, Direction, Input, Permission, ReadsPeople, Result, Role, Status, Timestamp, text};
use crate::http::{Query, etag_with};
use crate::resources::accounts::dto::{AccountView, RegisterRequest, read_name};
use crate::resources::accounts::identifiers;
use crate::resources::accounts::model::{Account, Disabling};
use crate::security::PasswordRules;

const LONGEST_SEARCH: usize = 200;
const LONGEST_REASON: usize = 500;
const A_TIME: &str = "an RFC 3339 date and time with offset, such as 2026-11-21T08:15:30Z";
const ROLES: &str = "user, approver or admin";
const STATUSES: &str = "pending, active or disabled";

/// A new account, made on somebody's behalf: as at registration, with role and status.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CreatePerson {
    /// An e-mail address; unique, whatever its case.
    #[schema(value_type = Option<String>, max_length = 254, format = Email, nullable = false)]
    #[serde(default)]
    email: Input<String>,
    /// A name to sign in with; unique, whatever its case; without `@`.
    #[schema(value_type = Option<String>, max_length = 64, nullable = false)]
    #[serde(default)]
    username: Input<String>,
    /// What to call the person.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    name: Input<String>,
    /// 8 to 256 characters by default; never trimmed; not one of the common ones.
    #[schema(value_type = String, required, format = Password)]
    #[serde(default)]
    password: Input<String>,
    /// `user` (default), `approver` or `admin`.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default)]
    role: Input<String>,
    /// `active` (default), `pending` or `disabled`.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default)]
    status: Input<String>,
}

impl CreatePerson {
    pub(super) fn into_person(self, rules: &PasswordRules) -> Result<NewPerson> {
        let mut check = Check::new();
        let Self { email, username, name, password, role, status } = self;
        let registration = RegisterRequest { email, username, name, password }.read(&mut check, rules);
        let role = word(&mut check, "role", ROLES, role).unwrap_or(Role::User);
        let status = word(&mut check, "status", STATUSES, status).unwrap_or(Status::Active);
        check.finish(registration.map(|registration| NewPerson { registration, role, status }))
    }
}

/// Changes to an account: only the fields sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ChangePerson {
    /// What to call the person; `null` clears it.
    #[schema(value_type = Option<String>, max_length = 200)]
    #[serde(default)]
    name: Input<String>,
    /// The user name; `null` clears it, as long as there is an e-mail address.
    #[schema(value_type = Option<String>, max_length = 64)]
    #[serde(default)]
    username: Input<String>,
    /// The e-mail address; `null` clears it, as long as there is a user name. Another one is unproven.
    #[schema(value_type = Option<String>, max_length = 254, format = Email)]
    #[serde(default)]
    email: Input<String>,
    /// `user`, `approver` or `admin`.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default)]
    role: Input<String>,
    /// `pending`, `active` or `disabled`.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default)]
    status: Input<String>,
}

impl ChangePerson {
    pub(super) fn into_change(self) -> Result<PersonChange> {
        let mut check = Check::new();
        let name = read_name(&mut check, self.name);
        let username = check.optional("username", "a text", self.username);
        let username = username.and_then(|typed| identifiers::username(&mut check, "username", &typed));
        let email = check.optional("email", "a text", self.email);
        let email = email.and_then(|typed| identifiers::email(&mut check, "email", &typed));
        let role = word(&mut check, "role", ROLES, self.role);
        let status = word(&mut check, "status", STATUSES, self.status);
        check.finish(Some(PersonChange { name, username, email, role, status }))
    }
}

/// One of our words; not sent is `None`.
fn word<T: FromStr>(check: &mut Check, field: &'static str, words: &str, input: Input<String>) -> Option<T> {
    let typed = check.not_null(field, "a text", input)?;
    let word = typed.parse().ok();
    if word.is_none() {
        check.refuse(field, "unknown_value", format!("{field} must be {words}."));
    }
    word
}

/// Why somebody is approved, rejected or enabled.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct DecisionRequest {
    /// Kept in the audit log.
    #[schema(value_type = Option<String>, max_length = 500)]
    #[serde(default)]
    reason: Input<String>,
}

impl DecisionRequest {
    pub(super) fn into_reason(self) -> Result<Option<String>> {
        let mut check = Check::new();
        let reason = read_reason(&mut check, self.reason);
        check.finish(Some(reason))
    }
}

/// Why and for how long somebody is disabled.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct DisableRequest {
    /// Told to the person at sign-in, and kept in the audit log.
    #[schema(value_type = Option<String>, max_length = 500)]
    #[serde(default)]
    reason: Input<String>,
    /// When it ends by itself; without it, when somebody enables the account.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(default)]
    until: Input<Timestamp>,
}

impl DisableRequest {
    pub(super) fn into_disabling(self) -> Result<Disabling> {
        let mut check = Check::new();
        let reason = read_reason(&mut check, self.reason);
        let until = check.optional("until", A_TIME, self.until).value();
        check.finish(Some(Disabling { reason, until }))
    }
}

/// A reason as the rules of the wire have it; an empty one is none.
///
/// # Errors
/// A field error.
pub fn checked_reason(reason: &str) -> Result<Option<String>> {
    let mut check = Check::new();
    let reason = check.line("reason", reason, 0, LONGEST_REASON).filter(|reason| !reason.is_empty());
    check.finish(Some(reason))
}

fn read_reason(check: &mut Check, reason: Input<String>) -> Option<String> {
    let reason = check.optional("reason", "a text", reason).value();
    let reason = reason.and_then(|reason| check.line("reason", &reason, 0, LONGEST_REASON));
    reason.filter(|reason| !reason.is_empty())
}

/// An account as administrators and approvers see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonView {
    /// What everybody knows of their own account.
    #[serde(flatten)]
    account: AccountView,
    /// What only administrators see.
    #[serde(flatten)]
    more: Option<AdministrativeView>,
}

/// What only administrators see of an account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdministrativeView {
    /// When it last signed in.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_login_at: Option<Timestamp>,
    /// Why it is disabled; `rejected` when it was never approved.
    #[schema(required)]
    disabled_reason: Option<String>,
    /// When that ends by itself.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    disabled_until: Option<Timestamp>,
}

impl PersonView {
    /// The account as its reader may see it.
    pub(super) fn new(account: Account, reader: &ReadsPeople) -> Self {
        let administrator = reader.caller().role() == Role::Admin;
        let (disabled_reason, disabled_until) =
            account.disabled.clone().map(|now| (now.reason, now.until)).unwrap_or_default();
        let last_login_at = account.last_login_at;
        let more = AdministrativeView { last_login_at, disabled_reason, disabled_until };
        Self { account: account.into(), more: administrator.then_some(more) }
    }
}

/// The tag of what a reader sees: sign-ins and the end of a disabling leave the row's version alone.
pub(super) fn person_etag(account: &Account, reader: &ReadsPeople) -> String {
    let reader = reader.caller().role();
    let login = account.last_login_at.map_or(0, Timestamp::millis);
    etag_with(account.version, format_args!("{login:x}-{}-{reader}", account.status))
}

impl PeopleFilter {
    pub(super) fn take(query: &mut Query) -> Self {
        let directions = [("created_at", Direction::Ascending), ("-created_at", Direction::Descending)];
        let statuses = [Status::Pending, Status::Active, Status::Disabled].map(|word| (word.as_str(), word));
        let roles = [Role::User, Role::Approver, Role::Admin].map(|word| (word.as_str(), word));
        let search = query.text("q").and_then(|words| query.check.line("q", &words, 0, LONGEST_SEARCH));
        Self {
            status: query.choice("status", &statuses),
            role: query.choice("role", &roles),
            search: search.filter(|words| !words.is_empty()).map(|words| text::fold(&words)),
            direction: query.choice("sort", &directions).unwrap_or(Direction::Ascending),
        }
    }
}
