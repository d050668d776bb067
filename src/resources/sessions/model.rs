//! Sessions as the services know them.

use std::fmt;
use std::time::Duration;

use super::counters::Counters;
use crate::base::{Id, Role, SessionKind, Status, Timestamp};
use crate::config;
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

/// Which sessions a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Those that are good.
    Live,
    /// Those that ended a while ago.
    Ended,
}

impl Standing {
    /// The word of this list in a cursor's scope.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ended => "ended",
        }
    }
}

/// How a session ended by itself: since when, and the word for it. `None`: it has not, at `now`.
pub(super) fn lapsed(
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    now: Timestamp,
) -> Option<(Timestamp, &'static str)> {
    let idle = idle_expires_at < expires_at;
    let (end, word) = if idle { (idle_expires_at, "idle") } else { (expires_at, "expired") };
    (now >= end).then_some((end, word))
}

/// A session as its owner and administrators see it in a list.
#[derive(Clone, Debug)]
pub struct ListedSession {
    /// Its id.
    pub id: Id,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// The address it began from.
    pub ip: String,
    /// The client it began with.
    pub user_agent: String,
    /// Another address that was given the current token again.
    pub repeated_ip: Option<String>,
    /// When it ends for want of use.
    pub idle_expires_at: Timestamp,
    /// When somebody ended it.
    pub ended_at: Option<Timestamp>,
    /// Why somebody ended it.
    pub end_reason: Option<String>,
}

impl ListedSession {
    /// When it ended and why, by itself too; `None` while it is good.
    pub fn end(&self, now: Timestamp) -> Option<(Timestamp, String)> {
        let ended = self.ended_at.zip(self.end_reason.clone());
        let lapsed = || lapsed(self.idle_expires_at, self.expires_at, now);
        ended.or_else(|| lapsed().map(|(at, word)| (at, word.to_owned())))
    }
}

/// How a session is to be carried, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How its tokens behave.
    pub kind: SessionKind,
    /// How long it lives without being refreshed.
    pub idle_lifetime: Duration,
    /// How long it lives at most.
    pub lifetime: Duration,
}

impl Terms {
    /// A session whose refresh token changes with every use, as the configuration has it.
    pub fn rotating(settings: &config::Sessions) -> Self {
        let config::Sessions { idle_lifetime, lifetime, .. } = *settings;
        Self { kind: SessionKind::Rotating, idle_lifetime, lifetime }
    }

    /// A session in a browser's cookie: as long as the others, and refreshed by its use.
    pub fn browser(settings: &config::Sessions) -> Self {
        Self { kind: SessionKind::Browser, ..Self::rotating(settings) }
    }

    /// A session that keeps its refresh token, if it has one, and ends after `lifetime`.
    pub const fn fixed(lifetime: Duration) -> Self {
        Self { kind: SessionKind::Fixed, idle_lifetime: lifetime, lifetime }
    }
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
        if let Some((_, word)) = lapsed(self.idle_expires_at, self.expires_at, now) {
            return Some(word.into());
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
