//! Builds the application and its router from the configuration. The only place that joins parts; `main` and the tests
//! both come through here.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::ExposeSecret;

use crate::app::App;
use crate::base::{BackupHistory, Clock, Error, Randomness, SystemClock, SystemRandomness};
use crate::config::Config;
use crate::db::{self, Db, Preparation, Settings};
use crate::http::{self, HttpState};
use crate::operations::{self, DataFolder, backup};
use crate::resources::{self, sessions::SessionAuthenticator};
use crate::security::{self, AccessTokens, Hasher, HasherSettings, KeyRing, PasswordRules, SessionIndex};

/// How many sessions the index remembers.
const INDEXED_SESSIONS: usize = 65_536;

/// How long a write waits for the database before the caller gets 503 instead of a place in an endless queue.
pub const WRITE_PATIENCE: Duration = Duration::from_millis(250);

/// What an application takes from the machine around it.
pub struct Surroundings {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// How long a write may wait before it is begun: [`WRITE_PATIENCE`], and longer where a machine is busy with tests.
    pub patience: Duration,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(SystemRandomness), patience: WRITE_PATIENCE }
    }
}

/// Opens data folder, keys and database, brings the schema up to date and starts the threads of an application.
///
/// # Errors
/// A sentence for the operator.
pub async fn build(config: Config, surroundings: Surroundings) -> Result<Arc<App>, String> {
    let Surroundings { clock, random, patience } = surroundings;
    let folder = DataFolder::open(&config.data.dir)?;
    let settings = Settings { database: &config.database, folder: folder.path(), now: clock.now(), patience };
    let db = Db::open(settings, Preparation::Migrate)?;
    let sentence = |error: Error| error.cause().unwrap_or(error.detail()).to_owned();
    let known = security::known_key_sets(&db).await.map_err(sentence)?;
    let keys = Arc::new(KeyRing::open(&folder.keys(), &known, random.as_ref(), clock.now())?);
    security::record_key_sets(&db, &keys).await.map_err(sentence)?;
    let index = Arc::new(SessionIndex::new(INDEXED_SESSIONS, db.freshness()));
    let stale = Arc::clone(&index);
    db.on_foreign_change(move || stale.invalidate_all());
    let hasher = Hasher::start(&hasher_settings(&config)?, Arc::clone(&random))?;
    let tokens = AccessTokens::new(
        Arc::clone(&keys),
        issuer(&config),
        config.tokens.audience.clone(),
        config.tokens.access_lifetime,
    );
    let password_rules = PasswordRules {
        min_length: config.password.min_length,
        max_length: config.password.max_length,
        refuse_common: config.password.refuse_common,
    };
    Ok(Arc::new(App {
        config,
        db,
        clock,
        random,
        keys,
        tokens,
        hasher,
        password_rules,
        index,
        erasure: Arc::default(),
        backups: BackupHistory::default(),
    }))
}

/// The router of all doors.
pub fn router(app: &Arc<App>) -> Router {
    let authenticator = Arc::new(SessionAuthenticator::new(Arc::clone(app)));
    let state = HttpState { app: Arc::clone(app), authenticator };
    http::assemble(state, resources::routes(), operations::routes())
}

/// The OpenAPI document of `/api/v1`, as text.
pub fn openapi() -> String {
    let (_, description) = http::openapi::split(resources::routes());
    http::openapi::text(&description)
}

/// The database as backups see it.
///
/// # Errors
/// A sentence that names `database.url`.
pub fn backup_database(config: &Config, folder: &DataFolder) -> Result<backup::Database, String> {
    match backup::NetworkDatabase::of(config.database.url.expose_secret()) {
        Some(database) => Ok(backup::Database::Network(database)),
        None => db::file_of(&config.database, folder.path()).map(backup::Database::File),
    }
}

fn issuer(config: &Config) -> String {
    let configured = config.tokens.issuer.clone();
    configured
        .or_else(|| config.server.public_url.as_ref().map(ToString::to_string))
        .unwrap_or("portcullis".into())
}

fn hasher_settings(config: &Config) -> Result<HasherSettings, String> {
    let password = &config.password;
    Ok(HasherSettings {
        memory_kib: u32::try_from(password.hash_memory.as_u64() / 1024)
            .map_err(|_| "password.hash_memory is larger than Argon2 allows.".to_owned())?,
        iterations: password.hash_iterations,
        parallelism: password.hash_parallelism,
        threads: password.hash_threads,
        queue: password.hash_queue,
    })
}
