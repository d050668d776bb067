//! The audit log: reading it, what it keeps of refusals, and for how long.

mod reading;
mod refusals;
mod retention;
