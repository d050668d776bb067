//! Accounts as the services know them.

use secrecy::SecretString;

use super::identifiers::Identifier;
use crate::base::{Change, Id, Role, Status, Timestamp};

/// Someone who can sign in.
#[derive(Clone, Debug)]
pub struct Account {
    /// The key inside the database.
    pub key: i64,
    /// The id outside.
    pub id: Id,
    /// The user name, as typed.
    pub username: Option<String>,
    /// The e-mail address, as typed.
    pub email: Option<String>,
    /// What the account is called.
    pub name: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Whether it may sign in, at the moment it was read.
    pub status: Status,
    /// More about it while it is disabled.
    pub disabled: Option<Disabling>,
    /// Raised when its credentials change; what was verified under an older one is void.
    pub epoch: i64,
    /// Raised with every change of the row.
    pub version: i64,
    /// When the address was proven.
    pub email_verified_at: Option<Timestamp>,
    /// When it last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Why and for how long an account is disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disabling {
    /// In words that the person reads at sign-in.
    pub reason: Option<String>,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

impl Disabling {
    /// The reason of one that was a rejection.
    pub(super) const REJECTED: &str = "rejected";

    /// Whether it was a rejection.
    pub(super) fn is_rejection(&self) -> bool {
        self.reason.as_deref() == Some(Self::REJECTED)
    }
}

impl Account {
    /// What it is called, where its address was shown to be its own: a stranger who types an address types no words to it.
    pub(super) fn name_for_mails(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| self.email_verified_at.is_some())
    }

    /// Whether it is an administrator that can act.
    pub(super) fn active_admin(&self) -> bool {
        self.role == Role::Admin && self.status == Status::Active
    }

    /// As it is after a change of some fields.
    pub(super) fn changed(self, now: Timestamp) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self }
    }
}

/// Whether somebody who registers may sign in at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// As the configuration says.
    Configured,
    /// Only after an approval, whatever the configuration says.
    AfterApproval,
}

/// How somebody who registers is greeted by mail, besides being asked for a proof of the address where that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// With our own words, once the account can be used.
    House,
    /// At once, with those of a door's contract.
    Service,
    /// Not at all.
    Silent,
}

/// How a door receives those who register.
#[derive(Clone, Copy, Debug)]
pub struct Reception {
    /// Whether they may sign in at once.
    pub admission: Admission,
    /// How they are greeted.
    pub greeting: Greeting,
    /// Whether, where addresses must be verified, its answer keeps to itself that an address has an account.
    pub hushes: bool,
}

impl Reception {
    /// As our own doors do it.
    pub const HOUSE: Self =
        Self { admission: Admission::Configured, greeting: Greeting::House, hushes: true };
    /// As contracts have it that say what a taken address is answered and know no mails.
    pub const CONTRACT: Self =
        Self { admission: Admission::Configured, greeting: Greeting::Silent, hushes: false };
}

/// An account to be made, checked.
#[derive(Debug)]
pub struct Registration {
    /// The e-mail address; this or the user name is there.
    pub email: Option<Identifier>,
    /// The user name.
    pub username: Option<Identifier>,
    /// What it shall be called.
    pub name: Option<String>,
    /// Its password.
    pub password: SecretString,
}

/// Changes to an account's own profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What it is called.
    pub name: Change<String>,
    /// The user name.
    pub username: Change<Identifier>,
}

/// What a sign-in must know: found by a login name.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub account: Account,
    pub password_hash: Option<String>,
}

/// The row of a new account.
#[derive(Clone, Debug)]
pub(super) struct NewAccount {
    pub id: Id,
    pub username: Option<Identifier>,
    pub email: Option<Identifier>,
    pub name: Option<String>,
    pub role: Role,
    pub status: Status,
    pub password_hash: String,
    pub now: Timestamp,
}
