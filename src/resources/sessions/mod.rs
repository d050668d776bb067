//! Sessions: the truth behind every token. One sign-in on one device is one row.

mod authenticator;
mod browser;
mod counters;
mod dto;
mod fixed;
mod model;
mod refreshing;
mod routes;
mod service;
mod store;

pub use authenticator::SessionAuthenticator;
pub use browser::cookie;
pub use dto::{SessionView, TokenPairView};
pub use fixed::{FixedSession, access_token, find_fixed, refresh_token};
pub use model::{Begun, EndReason, ListedSession, Standing, Terms, TokenPair};
pub use routes::routes;
pub use service::{
    Verified, begin, carry_over, count_by_key_set, count_live, demand_live, end_all, end_everywhere,
    end_live, end_of_key_set, end_one, end_others, issue, list, log_out_by_token, sweep,
};

use std::sync::Arc;

use crate::app::App;
use crate::base::{AccountErasure, BoxFuture, Result};

/// Removes a deleted account's sessions.
pub struct Erasure(pub Arc<App>);

impl AccountErasure for Erasure {
    fn name(&self) -> &'static str {
        "sessions"
    }

    fn erase(&self, account: i64, chunk: u32) -> BoxFuture<'_, Result<u64>> {
        Box::pin(self.0.db.sweep(move |writer| Ok(store::delete_of_account(writer, account, chunk)?)))
    }
}
