//! Who asks for something, and from where: what services take and the audit keeps.

use std::net::IpAddr;

use super::{Actor, Id, Origin, Role};

/// Who asks for something, and from where.
#[derive(Clone, Debug)]
pub struct Caller(Who);

#[derive(Clone, Debug)]
enum Who {
    Account(Actor, Origin),
    CommandLine,
    Configuration,
}

impl Caller {
    /// A signed-in account.
    pub fn account(actor: Actor, origin: Origin) -> Self {
        Self(Who::Account(actor, origin))
    }

    /// Whoever may run commands on the server's data: an authority of its own, without account and address. Only the
    /// command line names it (a test holds this).
    pub fn command_line() -> Self {
        Self(Who::CommandLine)
    }

    /// Whoever wrote the configuration, at start-up. Only the wiring names it (a test holds this).
    pub fn configuration() -> Self {
        Self(Who::Configuration)
    }

    /// The account that asks; `None` for an operator.
    pub fn actor(&self) -> Option<&Actor> {
        if let Who::Account(actor, _) = &self.0 { Some(actor) } else { None }
    }

    /// The public id of the account that asks.
    pub fn id(&self) -> Option<Id> {
        self.actor().map(|actor| actor.id)
    }

    /// The address it asks from.
    pub fn address(&self) -> Option<IpAddr> {
        if let Who::Account(_, origin) = &self.0 { Some(origin.address) } else { None }
    }

    /// What stands in for the name of an operator, who has no account.
    pub fn operator(&self) -> Option<&'static str> {
        match self.0 {
            Who::Account(..) => None,
            Who::CommandLine => Some("command line"),
            Who::Configuration => Some("configuration"),
        }
    }

    /// The role in force: an operator may do what an administrator may.
    pub fn role(&self) -> Role {
        self.actor().map_or(Role::Admin, |actor| actor.role)
    }
}
