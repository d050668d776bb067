//! Audit events.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::base::{Caller, Id, Origin, Position, SortValue, Timestamp};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An account came into being.
    AccountCreated,
    /// Name, user name or e-mail address of an account were changed.
    AccountChanged,
    /// An account got another role.
    RoleChanged,
    /// An account that waited was approved.
    AccountApproved,
    /// An account that waited was rejected.
    AccountRejected,
    /// An account was disabled.
    AccountDisabled,
    /// A disabled account was enabled.
    AccountEnabled,
    /// An account was made to wait for approval again.
    AccountSuspended,
    /// An account was deleted.
    AccountDeleted,
    /// Somebody signed in.
    SessionStarted,
    /// Somebody tried to sign in and was refused.
    SessionRefused,
    /// An address asked too often; noted once for a while.
    RequestsLimited,
    /// A session ended; the detail says why.
    SessionEnded,
    /// A refresh reply was lost and its token skipped.
    SessionRecovered,
    /// The current token was given again to another address than the one that rotated.
    SessionRepeatedElsewhere,
    /// A password was changed.
    PasswordChanged,
    /// A password change was refused.
    PasswordRefused,
    /// Somebody asked for a way to a new password.
    ResetRequested,
    /// A password was set by what stood in a mail.
    PasswordReset,
    /// Somebody asked for another mail to verify an address.
    VerificationRequested,
    /// An address was shown to be its account's.
    EmailVerified,
    /// Somebody asked for another address.
    EmailChangeRequested,
    /// An account got another address, verified.
    EmailChanged,
    /// What was shown from a mail was not good.
    ProofRefused,
    /// The next key set became the current one.
    KeyRotated,
    /// A key set was revoked, and the sessions that it carried have ended.
    KeyRevoked,
    /// Somebody wanted to do what its role does not allow.
    PermissionRefused,
    /// Refusals were too many to be written down; the detail says how many.
    RefusalsDropped,
}

impl EventKind {
    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::AccountChanged => "account.changed",
            Self::RoleChanged => "role.changed",
            Self::AccountApproved => "account.approved",
            Self::AccountRejected => "account.rejected",
            Self::AccountDisabled => "account.disabled",
            Self::AccountEnabled => "account.enabled",
            Self::AccountSuspended => "account.suspended",
            Self::AccountDeleted => "account.deleted",
            Self::SessionStarted => "session.started",
            Self::SessionRefused => "session.refused",
            Self::RequestsLimited => "requests.limited",
            Self::SessionEnded => "session.ended",
            Self::SessionRecovered => "session.recovered",
            Self::SessionRepeatedElsewhere => "session.repeated_elsewhere",
            Self::PasswordChanged => "password.changed",
            Self::PasswordRefused => "password.refused",
            Self::ResetRequested => "password.reset_requested",
            Self::PasswordReset => "password.reset",
            Self::VerificationRequested => "email.verification_requested",
            Self::EmailVerified => "email.verified",
            Self::EmailChangeRequested => "email.change_requested",
            Self::EmailChanged => "email.changed",
            Self::ProofRefused => "proof.refused",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
            Self::PermissionRefused => "permission.refused",
            Self::RefusalsDropped => "refusals.dropped",
        }
    }
}

/// One event: who did what to whom, from where. Never a secret.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Who did it; `None` for strangers and for operators, whom the detail names.
    pub actor: Option<Id>,
    /// Whose account it concerns; `None` when nobody's is known.
    pub account: Option<Id>,
    /// Where it came from.
    pub ip: Option<IpAddr>,
    /// What else there is to know.
    pub detail: Value,
}

impl Event {
    /// Something that an account did to itself.
    pub fn own(kind: EventKind, account: Id, origin: &Origin) -> Self {
        Self {
            kind,
            actor: Some(account),
            account: Some(account),
            ip: Some(origin.address),
            detail: json!({}),
        }
    }

    /// Something that the command line did to the server as a whole.
    pub fn of_server(kind: EventKind) -> Self {
        Self { kind, actor: None, account: None, ip: None, detail: json!({ "by": "command line" }) }
    }

    /// Something that a caller did to an account.
    pub fn by(caller: &Caller, kind: EventKind, account: Id) -> Self {
        let detail = caller.operator().map_or_else(|| json!({}), |operator| json!({ "by": operator }));
        Self { kind, actor: caller.id(), account: Some(account), ip: caller.address(), detail }
    }

    /// With more to know: the members of an object are added to what is known already.
    #[must_use]
    pub fn with(mut self, more: Value) -> Self {
        match (&mut self.detail, more) {
            (Value::Object(known), Value::Object(more)) => known.extend(more),
            (detail, more) => *detail = more,
        }
        self
    }
}

/// An event as it was written down.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its key inside the database.
    pub key: i64,
    /// Its id outside.
    pub id: Id,
    /// When it happened.
    pub at: Timestamp,
    /// What happened: the word of an [`EventKind`].
    pub kind: String,
    /// Who did it.
    pub actor: Option<Id>,
    /// Whose account it concerns.
    pub account: Option<Id>,
    /// Where it came from.
    pub ip: Option<String>,
    /// What else there is to know, as JSON.
    pub detail: String,
}

impl Recorded {
    /// Its place in the list.
    pub(super) fn position(&self) -> Position {
        Position { sort: SortValue::Number(self.at.millis()), key: self.key }
    }
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Those that concern this account.
    pub account: Option<Id>,
    /// Those of this kind.
    pub kind: Option<String>,
    /// Those at this time or later.
    pub since: Option<Timestamp>,
    /// Those before this time.
    pub until: Option<Timestamp>,
}
