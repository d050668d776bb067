//! `portcullis key …`. It may run while the server runs: on SQLite the server notices within 250 ms, on a database server
//! every node within a second.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::output::Form;
use super::{Failure, MISUSED, block_on, expect_database, logging, say};
use crate::app::App;
use crate::base::Timestamp;
use crate::config::Loaded;
use crate::operations::keys::{self, Listed};
use crate::security::{KeyId, KeyState};
use crate::wiring::{self, Surroundings};

/// How long caches keep the document of public keys; see `/.well-known/jwks.json`.
const CACHED: Duration = Duration::from_mins(5);
/// How long the next set must have been in the database before it signs, so that every node knows it.
const KNOWN_EVERYWHERE: Duration = Duration::from_secs(2);

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List all key sets: their state, age, and how many live sessions they carry.
    List {
        #[command(flatten)]
        form: Form,
    },
    /// Let the next key set sign. Nobody is signed out.
    Rotate,
    /// Refuse everything that a key set has signed, and end the sessions that it carries. When it is the current one, the
    /// next one signs from then on.
    Revoke {
        /// The key set, as `portcullis key list` names it (`kid` in tokens).
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(command: &Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    expect_database(&loaded.config)?;
    block_on(async move {
        let app = wiring::build_for_keys(loaded.config, Surroundings::default()).await?;
        let done = match command {
            Command::List { form } => list(&app, *form).await,
            Command::Rotate => rotate(&app).await,
            Command::Revoke { id } => revoke(&app, id).await,
        };
        app.db.close(Duration::from_secs(10));
        done
    })?
}

/// A key set for people and for programs.
#[derive(Serialize)]
struct Row {
    id: String,
    state: &'static str,
    algorithm: &'static str,
    created_at: Timestamp,
    age_seconds: u64,
    retired_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    live_sessions: i64,
}

async fn list(app: &Arc<App>, form: Form) -> Result<(), Failure> {
    let now = app.now();
    let row = |Listed { row, live_sessions }: &Listed| Row {
        id: row.id.to_string(),
        state: row.state.as_str(),
        algorithm: app.config.tokens.algorithm.as_str(),
        created_at: row.created_at,
        age_seconds: now.since(row.created_at).as_secs(),
        retired_at: row.retired_at,
        revoked_at: row.revoked_at,
        live_sessions: *live_sessions,
    };
    let rows: Vec<_> = keys::list(app).await?.iter().map(row).collect();
    form.print_list(
        &rows,
        &[
            ("ID", |row| row.id.clone()),
            ("STATE", |row| row.state.to_owned()),
            ("ALGORITHM", |row| row.algorithm.to_owned()),
            ("CREATED", |row| row.created_at.to_string()),
            ("AGE", |row| age(Duration::from_secs(row.age_seconds))),
            ("SESSIONS", |row| row.live_sessions.to_string()),
        ],
    );
    Ok(())
}

/// In the largest unit of which there is one.
fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "s"));
    format!("{} {name}", seconds / unit)
}

async fn rotate(app: &Arc<App>) -> Result<(), Failure> {
    if app.db.shared()
        && let Some(next) = keys::list(app).await?.iter().find(|listed| listed.row.state == KeyState::Next)
    {
        let known_for = app.now().since(next.row.created_at);
        tokio::time::sleep(KNOWN_EVERYWHERE.saturating_sub(known_for)).await;
    }
    let rotated = keys::rotate(app).await?;
    say(format_args!(
        "The key set {} signs now. {} verifies what it has signed for 30 days more, and {} comes next. Nobody is signed out.",
        rotated.current, rotated.previous, rotated.next
    ));
    let published = app.now().since(rotated.published_at);
    if published < CACHED {
        say(format_args!(
            "{} has been published for {} only: services that cache /.well-known/jwks.json may refuse new tokens until they \
             read it again, at most 5 minutes from now.",
            rotated.current,
            age(published)
        ));
    }
    Ok(())
}

async fn revoke(app: &Arc<App>, id: &str) -> Result<(), Failure> {
    let id: KeyId =
        id.parse().map_err(|why: String| Failure { message: format!("{why}."), code: MISUSED })?;
    let revoked = keys::revoke(app, id).await?;
    say(format_args!("The key set {id} is revoked. Sessions ended: {}.", revoked.ended_sessions));
    if let Some(promoted) = revoked.promoted {
        say(format_args!("{promoted} signs now."));
    }
    match revoked.not_destroyed {
        Some(why) => Err(format!("{why} It holds secrets: remove it.").into()),
        None => Ok(()),
    }
}
