//! Mails: an outbox that loses none, templates, and the ways out.
//!
//! A mail is a row, written by [`Mail::queue`] in the transaction that is its cause. A worker on every node claims due
//! rows with a lease, makes the message from template and variables, hands it to the transport, and notes how it went. A
//! node that dies in between leaves a lease that ends: the mail is sent again, with the same Message-ID.

mod backoff;
mod compose;
mod folder;
mod message;
mod outbox;
mod proofs;
mod rendering;
mod setup;
mod smtp;
mod store;
mod template;
mod transport;
mod worker;

pub use message::Letter;
pub use outbox::{Binding, Draft, Mail, Parts, Proof};
pub use proofs::{
    OpenProof, begin_code_try, find_newest_open, find_open, forgive_code_try, newest_at, use_up,
    void_everywhere,
};
pub use rendering::{Rendered, Templates};
pub use setup::{Problem, Setup, link_base};
pub use store::{Filter, MailState, StoredMail, count, find, list};
pub use template::Template;
pub use transport::{Delivery, Fault, Refusal, Transport, Watch};
