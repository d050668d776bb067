//! What a request can reach.

use std::sync::Arc;

use crate::base::{BackupHistory, Clock, CorrectedClock, Id, Randomness, RequestTimes, Timestamp};
use crate::config::Config;
use crate::db::Db;
use crate::files::Files;
use crate::mail::Mail;
use crate::security::{
    AccessTokens, Hasher, KeyKeeper, KeyRing, Limits, PasswordRules, Refusals, SessionIndex,
};

/// The parts of one running Portcullis. Built by the wiring, plain otherwise: two of them can live in one process.
pub struct App {
    /// The configuration it was built from.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The same where it follows a database server; none where the database is a file.
    pub database_clock: Option<Arc<CorrectedClock>>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// The key sets.
    pub keys: Arc<KeyRing>,
    /// Keeps the key sets as the database says.
    pub key_keeper: Arc<KeyKeeper>,
    /// Signs and verifies access tokens.
    pub tokens: AccessTokens,
    /// Makes and checks password hashes.
    pub hasher: Hasher,
    /// What a new password must be.
    pub password_rules: PasswordRules,
    /// How often one address may ask, and what was refused.
    pub limits: Limits,
    /// Live sessions; behind `Arc`, because transactions carry it to the writer to invalidate entries.
    pub index: Arc<SessionIndex>,
    /// Which refusals the audit log keeps, and how many it had to drop.
    pub refusals: Arc<Refusals>,
    /// Pictures; behind `Arc`, because transactions carry it to remove what no row names any more.
    pub files: Arc<Files>,
    /// Wakes the sweeper when an account has been deleted.
    pub erasure: Arc<tokio::sync::Notify>,
    /// The outbox.
    pub mail: Arc<Mail>,
    /// How the scheduled backups went.
    pub backups: BackupHistory,
    /// How many requests were answered, how, and how fast.
    pub requests: RequestTimes,
}

impl App {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new public id.
    pub fn new_id(&self) -> Id {
        Id::new(self.clock.as_ref(), self.random.as_ref())
    }

    /// The address that clients use, without a final slash: the configured one, else the listen address.
    pub fn public_url(&self) -> String {
        let server = &self.config.server;
        server.public_url.as_ref().map_or_else(
            || {
                format!(
                    "{}://{}",
                    if server.tls_certificate.is_some() { "https" } else { "http" },
                    server.listen
                )
            },
            ToString::to_string,
        )
    }
}
