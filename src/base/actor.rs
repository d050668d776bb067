//! Who is calling.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Id, Timestamp};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Owns its own data.
    User,
    /// May also approve and reject people.
    Approver,
    /// May do everything.
    Admin,
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for approval.
    Pending,
    /// May sign in.
    Active,
    /// May not, until somebody enables it.
    Disabled,
}

/// How a session is carried; each kind is refused at the others' doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// Refresh tokens that change with every use (`/api/v1`).
    Rotating,
    /// A cookie that stays, for the pages.
    Browser,
    /// One refresh token, or none, for as long as the session lives (dialects).
    Fixed,
}

macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),*) => {
        impl $type {
            /// The word in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl FromStr for $type {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    other => Err(format!(concat!("unknown ", stringify!($type), " {:?}"), other)),
                }
            }
        }
    };
}

impl Status {
    /// The status in force at `now`, of the one that is written down: a disabling ends by itself when its time has come.
    #[must_use]
    pub fn in_force(self, disabled_until: Option<Timestamp>, now: Timestamp) -> Self {
        let over = self == Self::Disabled && disabled_until.is_some_and(|until| until <= now);
        if over { Self::Active } else { self }
    }
}

words!(Role: User = "user", Approver = "approver", Admin = "admin");
words!(Status: Pending = "pending", Active = "active", Disabled = "disabled");
words!(SessionKind: Rotating = "rotating", Browser = "browser", Fixed = "fixed");

/// A caller whose token and session have been checked for this request.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    /// The account's key inside the database.
    pub account: i64,
    /// The account's id outside.
    pub id: Id,
    /// The session that carries this request.
    pub session: Id,
    /// The role as it stands now, not as a token remembers it.
    pub role: Role,
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The client's address, proxies that we trust peeled off.
    pub address: IpAddr,
    /// The `User-Agent` header, at most 200 characters.
    pub user_agent: String,
}
