//! People as the services know them.

use crate::base::{Change, Direction, Role, Status};
use crate::resources::accounts::Registration;
use crate::resources::accounts::identifiers::Identifier;

/// An account to be made on somebody's behalf.
#[derive(Debug)]
pub struct NewPerson {
    /// Its names and its password.
    pub registration: Registration,
    /// What it may do.
    pub role: Role,
    /// Whether it may sign in.
    pub status: Status,
}

/// Changes to an account; `None` leaves a field alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonChange {
    /// What it is called.
    pub name: Change<String>,
    /// Its user name.
    pub username: Change<Identifier>,
    /// Its e-mail address. Another one is unproven.
    pub email: Change<Identifier>,
    /// What it may do.
    pub role: Option<Role>,
    /// Whether it may sign in.
    pub status: Option<Status>,
}

/// Which accounts, in which order of their making.
#[derive(Clone, Debug)]
pub struct PeopleFilter {
    /// Those with this status in force.
    pub status: Option<Status>,
    /// Those with this role.
    pub role: Option<Role>,
    /// Folded text that the name or the user name contains, or the e-mail address begins with.
    pub search: Option<String>,
    /// Oldest or newest first.
    pub direction: Direction,
}
