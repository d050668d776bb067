//! Builds the application and its router from the configuration. The only place that joins parts; `main` and the tests
//! both come through here.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::base::{
    self, BackupHistory, BoxFuture, Caller, Clock, CorrectedClock, Error, ManagesPeople, Permission,
    Randomness, RequestTimes, SystemClock, SystemRandomness,
};
use crate::config::{Config, TokenAlgorithm};
use crate::console;
use crate::db::{self, Db, Preparation, Settings};
use crate::dialects;
use crate::files::{self, Files};
use crate::http::server::Tls;
use crate::http::{self, HttpState};
use crate::mail::{self, Mail, Proof, Transport};
use crate::operations::{self, DataFolder, backup, database_clock, first_admin};
use crate::resources::{self, sessions::SessionAuthenticator};
use crate::security::{
    AccessTokens, Demand, Hasher, HasherSettings, KeyKeeper, KeyPlace, Limits, MasterKey, PasswordRules,
    SessionIndex, SharedSecret, SharedSecrets, mail_proof,
};

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
    /// Whether the clock follows that of the database server, if there is one. Tests with a clock of their own say no.
    pub follow_database: bool,
    /// How long a write may wait before it is begun: [`WRITE_PATIENCE`], and longer where a machine is busy with tests.
    pub patience: Duration,
    /// Takes the place of the way that mails are configured to leave by; for tests.
    pub transport: Option<Arc<dyn Transport>>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandomness),
            follow_database: true,
            patience: WRITE_PATIENCE,
            transport: None,
        }
    }
}

/// Opens data folder, keys and database, brings the schema up to date and starts the threads of an application.
///
/// # Errors
/// A sentence for the operator.
pub async fn build(config: Config, surroundings: Surroundings) -> Result<Arc<App>, String> {
    build_with(config, surroundings, Demand::All).await
}

/// The same for commands that look after key sets: they work although some secrets are missing.
///
/// # Errors
/// A sentence for the operator.
pub async fn build_for_keys(config: Config, surroundings: Surroundings) -> Result<Arc<App>, String> {
    build_with(config, surroundings, Demand::Any).await
}

async fn build_with(config: Config, surroundings: Surroundings, demand: Demand) -> Result<Arc<App>, String> {
    dialects::check(&config.dialects)?;
    let Surroundings { clock, random, follow_database, patience, transport } = surroundings;
    let folder = DataFolder::open(&config.data.dir)?;
    let settings = Settings { database: &config.database, folder: folder.path(), now: clock.now(), patience };
    let db = Db::open(settings, Preparation::Migrate)?;
    let database_clock =
        (follow_database && db.shared()).then(|| Arc::new(CorrectedClock::new(Arc::clone(&clock))));
    let clock: Arc<dyn Clock> = match &database_clock {
        Some(corrected) => {
            database_clock::correct_first(&db, corrected).await.map_err(|error| sentence(&error))?;
            Arc::clone(corrected) as _
        }
        None => clock,
    };
    let shared = shared_secrets(&config)?;
    let place = KeyPlace { folder: &folder.keys(), master: master_key(&config)? };
    let keeper = KeyKeeper::open(&db, place, demand, Arc::clone(&random), clock.now()).await?;
    let (keys, key_keeper) = (Arc::clone(keeper.ring()), Arc::new(keeper));
    let index = Arc::new(SessionIndex::new(INDEXED_SESSIONS, db.freshness()));
    let mail = Arc::new(outbox(&config, &db, &clock, &random, &key_keeper, transport));
    // Keeper and outbox hold the database, which must hold neither.
    let (stale, stale_keys) = (Arc::clone(&index), Arc::downgrade(&key_keeper));
    let outbox = Arc::downgrade(&mail);
    db.on_foreign_change(move || {
        if let Some(keys) = stale_keys.upgrade() {
            keys.invalidate();
        }
        stale.invalidate_all();
        if let Some(mail) = outbox.upgrade() {
            mail.wake();
        }
    });
    // What was changed since the keys were read, and before anybody listened.
    key_keeper.invalidate();
    let hasher = Hasher::start(&hasher_settings(&config)?, Arc::clone(&random))?;
    let tokens = AccessTokens::new(
        Arc::clone(&keys),
        issuer(&config),
        config.tokens.audience.clone(),
        config.tokens.access_lifetime,
        shared,
    );
    let password_rules = PasswordRules {
        min_length: config.password.min_length,
        max_length: config.password.max_length,
        refuse_common: config.password.refuse_common,
    };
    let limits = Limits::new(&config.limits, Arc::clone(&clock));
    let files = Arc::new(Files::open(&config.files, folder.path(), Arc::clone(&random))?);
    Ok(Arc::new(App {
        config,
        db,
        clock,
        database_clock,
        random,
        keys,
        key_keeper,
        tokens,
        hasher,
        password_rules,
        limits,
        index,
        refusals: Arc::default(),
        files,
        erasure: Arc::default(),
        mail,
        backups: BackupHistory::default(),
        requests: RequestTimes::default(),
    }))
}

/// Makes the administrator that the configuration names, while there is none: at the start of a server.
///
/// # Errors
/// A sentence that names the setting.
pub async fn make_first_admin(app: &Arc<App>) -> Result<(), String> {
    let permission = ManagesPeople::of(Caller::configuration()).map_err(|error| sentence(&error))?;
    first_admin::make(app, permission).await
}

fn outbox(
    config: &Config,
    db: &Db,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Randomness>,
    keeper: &Arc<KeyKeeper>,
    transport: Option<Arc<dyn Transport>>,
) -> Mail {
    let (keys, keeper) = (Arc::clone(keeper.ring()), Arc::clone(keeper));
    let refresh = move || -> BoxFuture<'static, base::Result<()>> {
        let keeper = Arc::clone(&keeper);
        Box::pin(async move { keeper.ensure().await })
    };
    let prove = move |template: mail::Template, id| Proof {
        token: mail_proof::token(&keys, template.name(), id),
        code: mail_proof::code(&keys, template.name(), id),
    };
    Mail::new(mail::Parts {
        db: db.clone(),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        settings: config.mail.clone(),
        setup: mail::Setup::read(config, transport),
        prove: Box::new(prove),
        refresh: Box::new(refresh),
    })
}

/// The router of all doors.
pub fn router(app: &Arc<App>) -> Router {
    let authenticator = Arc::new(SessionAuthenticator::new(Arc::clone(app)));
    let state = HttpState { app: Arc::clone(app), authenticator };
    let (pages, mut faces) = console::routes(app);
    let (dialects, spoken) = dialects::mounted(&app.config.dialects);
    faces.extend(spoken);
    // Pages neither: their forms are for browsers that were shown them.
    let machines = operations::machine_routes(&app.config).merge(pages);
    http::assemble(&state, resources::routes(), operations::routes().merge(dialects), machines, faces)
}

/// The router of `metrics.listen`.
pub fn metrics_router(app: &Arc<App>) -> Router {
    let authenticator = Arc::new(SessionAuthenticator::new(Arc::clone(app)));
    let state = HttpState { app: Arc::clone(app), authenticator };
    http::behind_a_door(&state, operations::metrics::routes())
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

/// Everything in the configuration that shows itself wrong only when it is tried, and can be tried without starting: the
/// database's address, the bucket's, and the files that settings name.
pub fn check(config: &Config) -> Vec<String> {
    let Config { server, backup, .. } = config;
    let tls = match (&server.tls_certificate, &server.tls_key) {
        (Some(certificate), Some(key)) => {
            Tls::load(certificate, key).map(drop).map_err(|error| format!("{error}."))
        }
        _ => Ok(()),
    };
    let passphrase = backup.passphrase_file.as_deref().map_or(Ok(()), |file| {
        backup::new_passphrase_in(file).map(drop).map_err(|why| format!("backup.passphrase_file: {why}"))
    });
    let secrets = [master_key(config).map(drop), shared_secrets(config).map(drop)];
    let (covers, dialects) = (files::check(&config.files), dialects::check(&config.dialects));
    let tried = [check_database(config), tls, passphrase, covers, dialects].into_iter().chain(secrets);
    tried.filter_map(Result::err).collect()
}

/// The same for what a command needs that works on the database and serves nobody.
///
/// # Errors
/// A sentence that names the setting.
pub fn check_database(config: &Config) -> Result<(), String> {
    db::check(&config.database, &config.data.dir)
}

fn sentence(error: &Error) -> String {
    error.cause().unwrap_or(error.detail()).to_owned()
}

fn master_key(config: &Config) -> Result<Option<MasterKey>, String> {
    let keys = &config.keys;
    let found = secret("keys.master_key", keys.master_key.as_ref(), keys.master_key_file.as_deref())?;
    found.map(|(text, _)| MasterKey::new(&text)).transpose()
}

fn shared_secrets(config: &Config) -> Result<SharedSecrets, String> {
    let tokens = &config.tokens;
    let read = |name, text: &Option<SecretString>, file: &Option<PathBuf>| {
        let found = secret(name, text.as_ref(), file.as_deref())?;
        found.map(|(text, setting)| SharedSecret::new(&text, &setting)).transpose()
    };
    let current = read("tokens.hs256_secret", &tokens.hs256_secret, &tokens.hs256_secret_file)?;
    let previous = read(
        "tokens.hs256_previous_secret",
        &tokens.hs256_previous_secret,
        &tokens.hs256_previous_secret_file,
    )?;
    match (tokens.algorithm, &current) {
        (TokenAlgorithm::Hs256, None) => Err(
            "tokens.algorithm is HS256, and there is no secret. Set tokens.hs256_secret_file, or tokens.hs256_secret."
                .into(),
        ),
        (TokenAlgorithm::EdDsa, Some(_)) => Err(
            "tokens.hs256_secret or tokens.hs256_secret_file is set, and tokens.algorithm is EdDSA. Set the algorithm to \
             HS256, or remove the secret; tokens that were signed with it go on being good while it stands in \
             tokens.hs256_previous_secret (or its file)."
                .into(),
        ),
        _ => Ok(SharedSecrets { current, previous }),
    }
}

/// A secret that stands in one of two settings, `name` and `name_file`, and in which.
fn secret(
    name: &str,
    text: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<Option<(SecretString, String)>, String> {
    match (text, file) {
        (Some(_), Some(_)) => Err(format!("{name} and {name}_file are both set. Keep one.")),
        (Some(text), None) => Ok(Some((text.clone(), name.to_owned()))),
        (None, Some(path)) => Ok(Some((secret_in(path, name)?, format!("{name}_file")))),
        (None, None) => Ok(None),
    }
}

fn secret_in(path: &Path, name: &str) -> Result<SecretString, String> {
    let unreadable = |error| format!("The file {} ({name}_file) cannot be read: {error}.", path.display());
    let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %path.display(), "the secret in this file can be read by others; run: chmod 600");
    }
    std::fs::read_to_string(path).map(SecretString::from).map_err(unreadable)
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
