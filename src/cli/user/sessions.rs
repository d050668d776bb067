//! Somebody's sessions: listed, or ended.

use std::sync::Arc;

use serde::Serialize;

use super::Named;
use super::named::{find, login_name, permission};
use crate::app::App;
use crate::base::{Id, PageRequest, Timestamp};
use crate::cli::output::{Form, printable};
use crate::cli::{Failure, say};
use crate::resources::accounts::people;
use crate::resources::sessions::{ListedSession, Standing};

// Whose sessions, and what becomes of them.
#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    named: Named,
    /// List those that have ended as well, and why; they are kept for 30 days.
    #[arg(long, conflicts_with_all = ["end", "end_id"])]
    all: bool,
    /// End all of them: everybody is signed out at once.
    #[arg(long, conflicts_with = "end_id")]
    end: bool,
    /// End this one.
    #[arg(long, value_name = "ID")]
    end_id: Option<Id>,
    #[command(flatten)]
    form: Form,
}

pub(super) async fn run(app: &Arc<App>, arguments: &Arguments) -> Result<(), Failure> {
    let account = find(app, &arguments.named).await?;
    let name = printable(login_name(&account));
    if arguments.end {
        let ended = people::end_sessions(app, permission()?, Some(account.id)).await?;
        say(format_args!("Sessions of {name} that ended: {ended}."));
        return Ok(());
    }
    if let Some(id) = arguments.end_id {
        people::end_session(app, permission()?, Some(account.id), Some(id)).await?;
        say(format_args!("The session {id} of {name} has ended."));
        return Ok(());
    }
    let mut sessions = listed(app, account.id, Standing::Live).await?;
    if arguments.all {
        sessions.extend(listed(app, account.id, Standing::Ended).await?);
        sessions.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.id)));
    }
    arguments.form.print_list(&sessions, columns(arguments.all));
    Ok(())
}

/// A session as the operator sees it.
#[derive(Serialize)]
struct Row {
    id: Id,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
    end_reason: Option<String>,
    ip: String,
    user_agent: String,
}

async fn listed(app: &Arc<App>, account: Id, standing: Standing) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { limit: 100, after, total: false };
        let page = people::list_sessions(app, &permission()?, Some(account), standing, page).await?;
        rows.extend(page.items.into_iter().map(|session| row(session, app.now())));
        after = page.next;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

fn row(session: ListedSession, now: Timestamp) -> Row {
    let (ended_at, end_reason) = session.end(now).unzip();
    Row {
        id: session.id,
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        ended_at,
        end_reason,
        ip: session.ip,
        user_agent: session.user_agent,
    }
}

type Columns = &'static [crate::cli::output::Column<Row>];

fn columns(ended_too: bool) -> Columns {
    const LIVE: Columns = &[
        ("ID", |row| row.id.to_string()),
        ("BEGAN", |row| row.created_at.to_string()),
        ("LAST USED", |row| row.last_used_at.to_string()),
        ("ADDRESS", |row| row.ip.clone()),
        ("PROGRAM", |row| row.user_agent.clone()),
    ];
    const ALL: Columns = &[
        ("ID", |row| row.id.to_string()),
        ("BEGAN", |row| row.created_at.to_string()),
        ("LAST USED", |row| row.last_used_at.to_string()),
        ("ENDED", |row| row.ended_at.map_or_else(|| "-".into(), |at| at.to_string())),
        ("BECAUSE", |row| row.end_reason.clone().unwrap_or_else(|| "-".into())),
        ("ADDRESS", |row| row.ip.clone()),
        ("PROGRAM", |row| row.user_agent.clone()),
    ];
    if ended_too { ALL } else { LIVE }
}
