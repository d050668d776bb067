//! Words that every other module uses. No IO, no SQL, no HTTP: a newcomer can read this folder first.

mod actor;
mod backup_history;
mod caller;
mod change;
mod clock;
pub mod codes;
mod corrected_clock;
mod error;
mod id;
mod page;
mod permission;
mod ports;
mod precondition;
mod random;
pub mod text;
mod timestamp;
mod validation;

pub use actor::{Actor, Origin, Role, SessionKind, Status};
pub use backup_history::BackupHistory;
pub use caller::Caller;
pub use change::Change;
pub use clock::{Clock, ManualClock, Stopwatch, SystemClock};
pub use codes::{Code, Kind};
pub use corrected_clock::CorrectedClock;
pub use error::{Error, FieldError, Result};
pub use id::Id;
pub use page::{Direction, Page, PageRequest, Position, SortValue};
pub use permission::{DecidesPeople, ManagesPeople, Permission, ReadsAudit, ReadsPeople};
pub use ports::{AccountErasure, Authenticator, BoxFuture};
pub use precondition::Precondition;
pub use random::{Randomness, SystemRandomness};
pub use timestamp::Timestamp;
pub use validation::{Check, Input};
