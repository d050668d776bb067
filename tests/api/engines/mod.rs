//! What every engine promises, and what those behind a network promise on bad days. The latter run when
//! `PORTCULLIS_TEST_DATABASE_URL` names a server.

mod bad_days;
mod command_line;
mod conflicts;
mod conformance;
mod connections;
mod deadlines;
mod nodes;
mod opening;
mod proxy;
mod shared_keys;
mod skewed_clocks;
mod support;
mod unknown_commits;
