//! `portcullis audit …`.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::output::Form;
use super::user::{Named, find, permission};
use super::{Failure, attach, block_on, logging};
use crate::app::App;
use crate::base::{Id, PageRequest, ReadsAudit, Timestamp};
use crate::config::{Config, Loaded};
use crate::resources::audit::{self, EventFilter, Recorded};

/// How many events are read at once.
const PAGE: u32 = 1000;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List what happened, newest first.
    List(Filter),
}

// Which events.
#[derive(clap::Args)]
pub(super) struct Filter {
    /// Only those that concern this account: its e-mail address, its user name or its id (also of a deleted one).
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only those of this kind, such as session.started.
    #[arg(long)]
    kind: Option<String>,
    /// Only those at this time or later, such as 2026-11-21T08:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Timestamp>,
    /// Only those before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: u32,
    #[command(flatten)]
    form: Form,
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| "a time is written like 2026-11-21T08:00:00Z".to_owned())
}

/// An event for people and for programs.
#[derive(Serialize)]
struct Row {
    id: Id,
    at: Timestamp,
    kind: String,
    actor: Option<Id>,
    account: Option<Id>,
    ip: Option<String>,
    detail: Value,
}

impl From<Recorded> for Row {
    fn from(event: Recorded) -> Self {
        let Recorded { id, at, kind, actor, account, ip, detail, .. } = event;
        Self { id, at, kind, actor, account, ip, detail: serde_json::from_str(&detail).unwrap_or_default() }
    }
}

pub(super) fn run(command: Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let Command::List(filter) = command;
    block_on(list(loaded.config, filter))?
}

async fn list(config: Config, filter: Filter) -> Result<(), Failure> {
    let app = attach(config).await?;
    let rows = rows(&app, &filter).await;
    app.db.close(Duration::from_secs(10));
    filter.form.print_list(
        &rows?,
        &[
            ("AT", |row| row.at.to_string()),
            ("KIND", |row| row.kind.clone()),
            ("ACCOUNT", |row| shown(row.account)),
            ("BY", |row| shown(row.actor)),
            ("FROM", |row| row.ip.clone().unwrap_or_else(|| "-".into())),
            ("DETAIL", |row| row.detail.to_string()),
        ],
    );
    Ok(())
}

fn shown(id: Option<Id>) -> String {
    id.map_or_else(|| "-".to_owned(), |id| id.to_string())
}

async fn rows(app: &Arc<App>, wanted: &Filter) -> Result<Vec<Row>, Failure> {
    let permission: ReadsAudit = permission()?;
    let account = match &wanted.account {
        // Events outlive their account.
        Some(name) => Some(match name.parse() {
            Ok(id) => id,
            Err(_) => find(app, &Named { name: name.clone() }).await?.id,
        }),
        None => None,
    };
    let filter = EventFilter { account, kind: wanted.kind.clone(), since: wanted.since, until: wanted.until };
    let (mut rows, mut after) = (Vec::new(), None);
    while rows.len() < wanted.limit as usize {
        let left = wanted.limit - u32::try_from(rows.len()).unwrap_or(wanted.limit);
        let page = PageRequest { limit: left.min(PAGE), after, total: false };
        let page = audit::list(app, &permission, filter.clone(), page).await?;
        rows.extend(page.items.into_iter().map(Row::from));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(rows)
}
