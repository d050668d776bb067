//! `portcullis serve`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, MISUSED, block_on, logging, say};
use crate::app::App;
use crate::base::text::shell_word;
use crate::config::{Config, Loaded, Sources};
use crate::dialects;
use crate::http::middleware::refusals;
use crate::http::server::{Limits, Tls, serve};
use crate::operations::{DataFolder, backup::schedule::Schedule, database_clock, jobs};
use crate::resources::audit;
use crate::wiring::{self, Surroundings};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Listen on this address and port (the setting server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,

    /// Speak a dialect at the root, or below a path: `--dialect task_manager=/old`. May be repeated. `all` puts each
    /// dialect below its own name.
    #[arg(long, value_name = "NAME[=/PATH]|all")]
    dialect: Vec<String>,
}

impl Arguments {
    /// The flags as settings.
    pub(super) fn flags(&self, mut sources: Sources) -> Result<Sources, Failure> {
        if let Some(listen) = &self.listen {
            sources.flags.push(("server.listen".into(), listen.clone()));
        }
        let mut named = Vec::new();
        for wish in &self.dialect {
            if wish == "all" {
                let all = dialects::names().map(|name| (format!("dialects.{name}"), format!("/{name}")));
                sources.flags.extend(all);
                continue;
            }
            let (name, path) = wish.split_once('=').unwrap_or((wish, "/"));
            let known = dialects::names().find(|known| *known == name).ok_or_else(|| unknown(name))?;
            if named.contains(&known) {
                return Err(misused(format!("--dialect names {known} twice. A dialect has one place.")));
            }
            named.push(known);
            sources.flags.push((format!("dialects.{known}"), path.to_owned()));
        }
        Ok(sources)
    }
}

fn misused(message: String) -> Failure {
    Failure { message, code: MISUSED }
}

fn unknown(name: &str) -> Failure {
    let names: Vec<_> = dialects::names().collect();
    misused(format!("There is no dialect {name:?}. There are: {}; or all of them: all.", names.join(", ")))
}

/// `file` is the configuration file that the command line names, for the commands that are printed.
pub(super) fn run(_: &Arguments, loaded: Loaded, file: Option<PathBuf>) -> Result<(), Failure> {
    let config = loaded.config;
    let problems = wiring::check(&config);
    if !problems.is_empty() {
        return Err(Failure::unusable_configuration(&problems));
    }
    let _logging = logging::start(&config)?;
    block_on(start(config, file))?.map_err(Failure::from)
}

async fn start(config: Config, file: Option<PathBuf>) -> Result<(), String> {
    let server = config.server.clone();
    let tls = match (&server.tls_certificate, &server.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(Tls::load(certificate, key).map_err(|error| error.to_string())?)
        }
        _ => None,
    };
    let folder = DataFolder::open(&config.data.dir)?;
    let _lock = folder.lock()?;
    let listener = bind(server.listen, "server.listen").await?;
    let metrics_listener = match config.metrics.listen {
        Some(address) => Some(bind(address, "metrics.listen").await?),
        None => None,
    };
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let app = wiring::build(config, Surroundings::default()).await?;
    wiring::make_first_admin(&app).await?;
    let shutdown = signals()?.shared();
    greet(&app, &folder, address, tls.is_some(), file.as_deref());
    let sweeper = tokio::spawn(jobs::run(Arc::clone(&app)));
    let files = tokio::spawn(jobs::run_files(Arc::clone(&app)));
    let mails = tokio::spawn(Arc::clone(&app.mail).run());
    let clock = tokio::spawn(database_clock::run(Arc::clone(&app)));
    let database = wiring::backup_database(&app.config, &folder)?;
    let schedule = Arc::new(Schedule::new(Arc::clone(&app), database));
    let backups = Arc::clone(&schedule);
    let backups = tokio::spawn(async move { backups.run().await });
    let limits = Limits {
        max_connections: server.max_connections,
        max_header_bytes: usize::try_from(server.max_header_bytes.as_u64()).unwrap_or(usize::MAX),
        max_headers: server.max_headers,
        header_read_timeout: server.header_read_timeout,
        idle_timeout: server.idle_timeout,
        shutdown_timeout: server.shutdown_timeout,
    };
    let metrics = metrics_listener.map(|listener| {
        let (router, refusals) = (wiring::metrics_router(&app), refusals(&app));
        tokio::spawn(serve(listener, None, router, refusals, limits.clone(), shutdown.clone()))
    });
    let outcome = serve(listener, tls, wiring::router(&app), refusals(&app), limits, shutdown).await;
    if let Some(metrics) = metrics {
        // It got the same signal, and has no more time than the other.
        let _ = metrics.await.map_err(|error| error.to_string())?;
    }
    sweeper.abort();
    files.abort();
    clock.abort();
    schedule.stop();
    app.mail.stop();
    if tokio::time::timeout(server.shutdown_timeout, mails).await.is_err() {
        tracing::warn!(
            "a mail was under way when server.shutdown_timeout had passed; it may be sent once more"
        );
    }
    if tokio::time::timeout(server.shutdown_timeout, backups).await.is_err() {
        tracing::warn!(
            "a backup did not end within server.shutdown_timeout; the next one clears up behind it"
        );
    }
    if audit::tell_dropped(&app).await.is_err() {
        tracing::warn!(
            dropped = app.refusals.dropped(),
            "refusals that were not written down cannot be told"
        );
    }
    let db = app.db.clone();
    let patience = server.shutdown_timeout;
    tokio::task::spawn_blocking(move || db.close(patience)).await.map_err(|error| error.to_string())?;
    if outcome.cut_connections > 0 {
        let cut = outcome.cut_connections;
        tracing::warn!(cut, "connections were cut: server.shutdown_timeout had passed");
    }
    tracing::info!("stopped");
    Ok(())
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        let others = if setting == "server.listen" { " (--listen, or PORTCULLIS_SERVER__LISTEN)" } else { "" };
        format!(
            "Cannot listen on {address}: {error}. Stop the program that has this port, or choose another one with \
             {setting}{others}."
        )
    })
}

/// Resolves at the first SIGTERM or SIGINT.
fn signals() -> Result<impl Future<Output = ()>, String> {
    let failed = |error: std::io::Error| format!("Signals cannot be listened to: {error}.");
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
    })
}

/// Tells the operator where everything is. To standard output, since log lines go to standard error.
fn greet(app: &App, folder: &DataFolder, address: SocketAddr, tls: bool, file: Option<&Path>) {
    let database = app.db.report();
    let database = database.map(|report| format!("{} {}", report.engine, report.location));
    // Whoever copies the command stands in another folder, perhaps.
    let file = file.map(|file| std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()));
    let file =
        file.map_or_else(String::new, |file| format!(" --config {}", shell_word(&file.to_string_lossy())));
    let scheme = if tls { "https" } else { "http" };
    let url = app
        .config
        .server
        .public_url
        .as_ref()
        .map_or_else(|| format!("{scheme}://{address}"), ToString::to_string);
    let places = dialects::places(&app.config.dialects);
    let spoken =
        |place: &dialects::Place| format!("dialect        {} at {url}{}/\n  ", place.name, place.path);
    say(format_args!(
        "Portcullis {version}\n  \
         address        {url}\n  \
         data folder    {folder}\n  \
         database       {database}\n  \
         documentation  {url}/docs/\n  \
         mails          {mails}\n  \
         {dialects}\
         first admin    portcullis user create --admin --email YOU@EXAMPLE.COM{file} --data-dir {word}",
        version = env!("CARGO_PKG_VERSION"),
        dialects = places.iter().map(spoken).collect::<String>(),
        folder = folder.path().display(),
        database = database.unwrap_or_else(|error| error.detail().to_owned()),
        word = shell_word(&folder.path().to_string_lossy()),
        mails = app.mail.transport().describe(),
    ));
}
