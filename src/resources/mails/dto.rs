//! Mails on the wire of `/api/v1`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::base::{Id, Timestamp};
use crate::mail::StoredMail;

/// A mail, as far as an administrator may know it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MailView {
    /// The mail's id; it stands in its Message-ID.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// What it is about.
    #[schema(example = "reset_password")]
    template: String,
    /// To whom it goes.
    recipient: String,
    /// The account it concerns.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    account: Option<Id>,
    /// `queued`, `sent`, `failed` or `dropped`.
    state: &'static str,
    /// How often it was begun to be sent.
    attempts: i64,
    /// What the mail server said to the last attempt, if that was no yes.
    #[schema(required)]
    last_error: Option<String>,
    /// When its cause took place.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it is tried next.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    next_attempt_at: Option<Timestamp>,
    /// When it was sent, given up or dropped.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    finished_at: Option<Timestamp>,
}

impl From<StoredMail> for MailView {
    fn from(mail: StoredMail) -> Self {
        Self {
            id: mail.id,
            template: mail.template,
            recipient: mail.recipient,
            account: mail.account,
            state: mail.state.as_str(),
            attempts: mail.attempts,
            last_error: mail.last_error,
            created_at: mail.created_at,
            next_attempt_at: mail.next_attempt_at,
            finished_at: mail.finished_at,
        }
    }
}
