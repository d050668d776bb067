//! Audit events on the wire of `/api/v1`.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{EventFilter, Recorded};
use crate::base::{Id, Timestamp};
use crate::http::Query;

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What happened, such as `session.started`.
    kind: String,
    /// The account that did it; `null` for strangers and operators.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    actor: Option<Id>,
    /// The account that it concerns.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    account: Option<Id>,
    /// The address that it came from.
    #[schema(required)]
    ip: Option<String>,
    /// What else there is to know; what depends on `kind`.
    #[schema(value_type = Object)]
    detail: Value,
}

impl From<Recorded> for EventView {
    fn from(event: Recorded) -> Self {
        let detail = serde_json::from_str(&event.detail).unwrap_or_default();
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind,
            actor: event.actor,
            account: event.account,
            ip: event.ip,
            detail,
        }
    }
}

impl EventFilter {
    pub(super) fn take(query: &mut Query) -> Self {
        let kind = query.text("kind").and_then(|kind| {
            let word = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
            let fits = (1..=50).contains(&kind.len()) && kind.chars().all(word);
            if !fits {
                query.check.refuse("kind", "malformed", "kind must be a word such as session.started.");
            }
            fits.then_some(kind)
        });
        Self { account: query.id("account"), kind, since: query.time("since"), until: query.time("until") }
    }
}
