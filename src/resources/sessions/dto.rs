//! Sessions on the wire of `/api/v1`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{ListedSession, Standing, TokenPair};
use crate::base::{Check, Id, Input, Result, Timestamp};
use crate::http::Query;

/// A refresh token to be turned into the next pair, or to be ended.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RefreshRequest {
    /// The newest refresh token.
    #[schema(value_type = String, required)]
    #[serde(default)]
    refresh_token: Input<String>,
}

impl RefreshRequest {
    pub(super) fn into_token(self) -> Result<String> {
        let mut check = Check::new();
        let token = check.required("refresh_token", "a text", self.refresh_token);
        check.finish(token)
    }
}

impl Standing {
    /// Which sessions `?ended=` asks for: by default those that are good.
    pub fn take(query: &mut Query) -> Self {
        if query.truth("ended").unwrap_or(false) { Self::Ended } else { Self::Live }
    }
}

/// An access token and the refresh token for the next pair.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPairView {
    /// A JWT for the `Authorization` header.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
    /// Opaque; each use gives a new one.
    refresh_token: String,
    /// Seconds until the refresh token expires when it is not used.
    refresh_expires_in: u64,
}

impl From<TokenPair> for TokenPairView {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            token_type: "Bearer",
            expires_in: pair.expires_in.as_secs(),
            refresh_token: pair.refresh_token,
            refresh_expires_in: pair.refresh_expires_in.as_secs(),
        }
    }
}

/// One sign-in on one device.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// The session's id.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// When it ends in any case.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The address it began from.
    ip: String,
    /// The client it began with.
    user_agent: String,
    /// Another address that was given the current token again, shortly after the last refresh; worth a look.
    #[schema(required)]
    repeated_ip: Option<String>,
    /// Whether this request came through it.
    current: bool,
    /// When it ended; `null` while it lives.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    ended_at: Option<Timestamp>,
    /// Why: `logout`, `idle` (not refreshed for too long), `expired`, `reuse` (an old refresh token came back),
    /// `password_changed`, `session_limit`, and other words; `null` while it lives.
    #[schema(required)]
    end_reason: Option<String>,
}

impl SessionView {
    /// A session on the wire; `own` is the one that the request came through.
    pub fn new(session: ListedSession, own: Option<Id>, now: Timestamp) -> Self {
        let (ended_at, end_reason) = session.end(now).unzip();
        Self {
            ended_at,
            end_reason,
            current: Some(session.id) == own,
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            ip: session.ip,
            user_agent: session.user_agent,
            repeated_ip: session.repeated_ip,
        }
    }
}
