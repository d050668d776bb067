//! The page itself. A further number is a line in one of the functions below.

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, text::encode};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::process::Process;
use crate::app::App;
use crate::base::Timestamp;
use crate::db::PoolLoad;
use crate::security::Door;

/// Everything as it stands now; `live_sessions` where the database could tell.
pub(super) fn text(app: &App, live_sessions: Option<i64>) -> String {
    let mut registry = Registry::default();
    let ours = registry.sub_registry_with_prefix("portcullis");
    let load = app.db.load();
    let build = vec![("version", env!("CARGO_PKG_VERSION")), ("database", load.engine)];
    ours.register("build", "What this server is", Info::new(build));
    ours.register_with_unit(
        "http_request_duration",
        "From the arrival of a request's head to the beginning of its answer; the count is that of the requests",
        Unit::Seconds,
        app.requests.histograms(),
    );
    sessions(ours, app, live_sessions);
    hashing(ours, app);
    limits(ours, app);
    count(
        ours,
        "audit_refusals_dropped",
        "Refusals that the audit log has only counted",
        app.refusals.dropped(),
    );
    pools(ours, &load.pools);
    if let Some(batches) = load.batches {
        ours.register("database_batch_size", "Writes that were committed together", batches);
    }
    times(ours, app);
    process(registry.sub_registry_with_prefix("process"));
    let mut text = String::new();
    encode(&mut text, &registry).expect("a String takes everything");
    text
}

fn sessions(registry: &mut Registry, app: &App, live: Option<i64>) {
    if let Some(live) = live {
        gauge(registry, "sessions_live", "Sessions that are alive, up to 30 seconds ago", live);
    }
    count(registry, "session_index_hits", "Callers found in memory", app.index.hits());
    count(registry, "session_index_misses", "Callers looked up in the database", app.index.misses());
}

fn hashing(registry: &mut Registry, app: &App) {
    let hasher = &app.hasher;
    gauge(registry, "hashing_jobs", "Password hashes that wait or are being made", whole(hasher.in_work()));
    gauge(registry, "hashing_threads", "Threads that hash passwords", whole(hasher.threads()));
    gauge(registry, "hashing_queue_capacity", "Password hashes that may wait", whole(hasher.capacity()));
    count(registry, "hashing_refusals", "Hashes refused because too many waited", hasher.refused());
}

/// The label of what is told of each door that has a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limited {
    door: &'static str,
}

fn limits(registry: &mut Registry, app: &App) {
    let refused = Family::<Limited, Counter>::default();
    for door in Door::ALL {
        refused.get_or_create(&Limited { door: door.as_str() }).inc_by(app.limits.refused(door));
    }
    registry.register("limit_refusals", "Requests refused because their address asked too often", refused);
    let help = "Attempts refused because of wrong passwords before them";
    count(registry, "limit_delayed", help, app.limits.delayed());
}

/// The label of what is told of each set of database threads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
}

fn pools(registry: &mut Registry, pools: &[PoolLoad]) {
    let mut each = |name: &str, help: &str, number: fn(&PoolLoad) -> usize| {
        let family = Family::<Pool, Gauge>::default();
        for pool in pools {
            family.get_or_create(&Pool { pool: pool.name }).set(whole(number(pool)));
        }
        registry.register(name, help, family);
    };
    each("database_threads", "Threads that work at the database", |pool| pool.threads);
    each("database_threads_busy", "Those of them that are at work", |pool| pool.busy);
    each("database_queue_jobs", "Jobs that wait for the database", |pool| pool.waiting);
    each("database_queue_capacity", "Jobs that may wait for the database", |pool| pool.capacity);
}

/// Times of day rather than ages: an age that is no longer told would look young for ever.
fn times(registry: &mut Registry, app: &App) {
    let mut time = |name: &str, help: &str, at: Option<Timestamp>| {
        if let Some(at) = at {
            registry.register_with_unit(name, help, Unit::Seconds, ConstGauge::new(at.millis() / 1000));
        }
    };
    let backups = &app.backups;
    time("backup_last_good_timestamp", "When the newest good backup was made", backups.last_good());
    time("backup_last_failed_timestamp", "When a backup failed last", backups.last_failed());
    let created = app.keys.current().created_at;
    time("signing_key_created_timestamp", "When the key was made that signs tokens", Some(created));
}

fn process(registry: &mut Registry) {
    let process = Process::look();
    let mut tell = |name: &str, help: &str, unit: Option<Unit>, value: Option<u64>| {
        let Some(value) = value.map(|value| ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))) else {
            return;
        };
        match unit {
            Some(unit) => registry.register_with_unit(name, help, unit, value),
            None => registry.register(name, help, value),
        }
    };
    tell("resident_memory", "Memory in RAM", Some(Unit::Bytes), process.resident_bytes);
    tell("virtual_memory", "Memory with an address", Some(Unit::Bytes), process.virtual_bytes);
    tell("threads", "Threads of this process", None, process.threads);
    tell("open_fds", "Open files and sockets", None, process.open_fds);
    tell("max_fds", "Files and sockets that may be open", None, process.max_fds);
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: i64) {
    put(registry, name, help, ConstGauge::new(value));
}

fn count(registry: &mut Registry, name: &str, help: &str, value: u64) {
    put(registry, name, help, ConstCounter::new(value));
}

fn put(
    registry: &mut Registry,
    name: &str,
    help: &str,
    metric: impl EncodeMetric + std::fmt::Debug + Send + Sync + 'static,
) {
    registry.register(name, help, metric);
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
