//! Sessions as the services know them.

use std::fmt;
use std::time::Duration;

use super::counters::Counters;
use crate::base::{Id, Role, SessionKind, Status, Timestamp};
use crate::security::KeyId;

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its holder signed out.
    Logout,
    /// An old refresh token came back.
    Reuse,
    /// The password was changed on another session.
    PasswordChanged,
    /// An administrator disabled the account, or made it wait for approval again.
    Disabled,
    /// An administrator ended it.
    Administrator,
    /// The account was deleted.
    Deleted,
    /// The account signed in too often.
    SessionLimit,
    /// The key set that sealed its refresh token was revoked.
    KeyRevoked,
    /// The database was restored from a backup, and with it older counters.
    Restored,
}

impl EndReason {
    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Reuse => "reuse",
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "disabled",
            Self::Administrator => "administrator",
            Self::Deleted => "deleted",
            Self::SessionLimit => "session_limit",
            Self::KeyRevoked => "key_revoked",
            Self::Restored => "restored",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A session's row with what matters of its account.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub id: Id,
    pub kind: SessionKind,
    pub epoch: i64,
    pub counters: Counters,
    pub rotated_ip: Option<String>,
    pub repeated_ip: Option<String>,
    pub last_used_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    pub end_reason: Option<String>,
    pub key_set: KeyId,
    pub account: Owner,
}

/// The account behind a session.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub key: i64,
    pub id: Id,
    pub role: Role,
    pub status: Status,
    pub disabled_until: Option<Timestamp>,
    pub epoch: i64,
    pub deleted: bool,
}

/// A session as its owner sees it in a list.
#[derive(Clone, Debug)]
pub(super) struct ListedSession {
    pub id: Id,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip: String,
    pub user_agent: String,
    pub repeated_ip: Option<String>,
}

/// A session that has just begun.
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    /// The session's id.
    pub id: Id,
    /// When its refresh token expires for want of use.
    pub idle_expires_at: Timestamp,
    /// The key set that seals its tokens.
    pub key_set: KeyId,
}

/// What a client keeps of a session.
#[derive(Debug)]
pub struct TokenPair {
    /// The JWT for requests.
    pub access_token: String,
    /// How long it is good.
    pub expires_in: Duration,
    /// The token for the next pair.
    pub refresh_token: String,
    /// How long it is good when it is not used.
    pub refresh_expires_in: Duration,
}

impl Session {
    /// Why this session is not good at `now`, in words for its holder; `None` when it is.
    pub(super) fn ended(&self, now: Timestamp) -> Option<String> {
        if let Some(reason) = &self.end_reason {
            return Some(reason.clone());
        }
        if now >= self.expires_at {
            return Some("expired".into());
        }
        if now >= self.idle_expires_at {
            return Some("idle".into());
        }
        if self.account.deleted {
            return Some(EndReason::Deleted.as_str().into());
        }
        if self.account.status.in_force(self.account.disabled_until, now) != Status::Active {
            return Some(EndReason::Disabled.as_str().into());
        }
        (self.epoch != self.account.epoch).then(|| EndReason::PasswordChanged.as_str().into())
    }
}
