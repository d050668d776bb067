//! Audit events.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::base::{Id, Origin};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// An account came into being.
    AccountCreated,
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
    /// The next key set became the current one.
    KeyRotated,
    /// A key set was revoked, and the sessions that it carried have ended.
    KeyRevoked,
}

impl EventKind {
    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account.created",
            Self::AccountDeleted => "account.deleted",
            Self::SessionStarted => "session.started",
            Self::SessionRefused => "session.refused",
            Self::RequestsLimited => "requests.limited",
            Self::SessionEnded => "session.ended",
            Self::SessionRecovered => "session.recovered",
            Self::SessionRepeatedElsewhere => "session.repeated_elsewhere",
            Self::PasswordChanged => "password.changed",
            Self::PasswordRefused => "password.refused",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
        }
    }
}

/// One event: who did what to whom, from where. Never a secret.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Who did it; `None` for the command line and for strangers.
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
        Self { kind, actor: None, account: None, ip: None, detail: json!({}) }
    }

    /// With more to know.
    #[must_use]
    pub fn with(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }
}
