//! The ways out of the house.

use std::sync::Arc;

use super::Letter;
use crate::base::BoxFuture;

/// Hears what is said between us and the server, line by line; never a password.
pub type Watch = Arc<dyn Fn(&str) + Send + Sync>;

/// Takes mails to where they leave.
pub trait Transport: Send + Sync {
    /// What it is, in a few words for the operator.
    fn describe(&self) -> String;

    /// Opens a way for several mails.
    fn connect(&self, watch: Watch) -> BoxFuture<'_, Result<Box<dyn Delivery>, Refusal>>;
}

/// An open way.
pub trait Delivery: Send {
    /// Hands one mail over; what the other side said.
    fn deliver<'a>(&'a mut self, letter: &'a Letter) -> BoxFuture<'a, Result<String, Refusal>>;

    /// Ends it politely.
    fn close(&mut self) -> BoxFuture<'_, ()>;
}

/// A mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Whose fault it is, hence what happens next.
    pub fault: Fault,
    /// The other side's words, or ours about it.
    pub words: String,
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The way: every mail would meet the same. Tried again later.
    Way,
    /// This mail, for now. Tried again later.
    Later,
    /// This mail, for good.
    Never,
}

impl Refusal {
    /// The way does not lead anywhere now.
    pub fn way(words: impl Into<String>) -> Self {
        Self { fault: Fault::Way, words: words.into() }
    }
}
