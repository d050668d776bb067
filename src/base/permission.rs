//! Permissions as types: a service method that takes one cannot be called without it, and only a role in force gives it.

use super::{Caller, Error, Result, Role, codes};

/// What a caller must hold to be let into a service method.
pub trait Permission: Sized + Send {
    /// Its name in the audit log.
    const NAME: &'static str;

    /// Whether accounts of this role have it.
    fn goes_with(role: Role) -> bool;

    /// The permission, for a caller whose role in force has it.
    ///
    /// # Errors
    /// `auth.forbidden`.
    fn of(caller: Caller) -> Result<Self>;

    /// Who holds it.
    fn caller(&self) -> &Caller;
}

macro_rules! permissions {
    ($( $(#[doc = $doc:literal])+ $Name:ident = $name:literal: $($role:ident)|+; )+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $Name(Caller);

        impl Permission for $Name {
            const NAME: &'static str = $name;

            fn goes_with(role: Role) -> bool {
                matches!(role, $(Role::$role)|+)
            }

            fn of(caller: Caller) -> Result<Self> {
                if Self::goes_with(caller.role()) { Ok(Self(caller)) } else { Err(Error::new(&codes::FORBIDDEN)) }
            }

            fn caller(&self) -> &Caller {
                &self.0
            }
        }
    )+};
}

permissions! {
    /// Lists and reads accounts.
    ReadsPeople = "people.read": Approver | Admin;
    /// Approves and rejects those who wait.
    DecidesPeople = "people.decide": Approver | Admin;
    /// Makes, changes, disables, enables and deletes accounts, and ends their sessions.
    ManagesPeople = "people.manage": Admin;
    /// Reads the audit log.
    ReadsAudit = "audit.read": Admin;
    /// Reads what was mailed to whom.
    ReadsMails = "mails.read": Admin;
}
