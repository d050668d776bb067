//! Somebody's sessions: listed, or ended.

use std::sync::Arc;

use super::Named;
use super::named::{find, login_name, permission};
use crate::app::App;
use crate::base::Id;
use crate::cli::output::{Form, printable};
use crate::cli::{Failure, say};
use crate::resources::accounts::people;
use crate::resources::sessions::SessionOverview;

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
        people::end_session(app, permission()?, account.id, id).await?;
        say(format_args!("The session {id} of {name} has ended."));
        return Ok(());
    }
    let sessions = people::list_sessions(app, &permission()?, account.id, arguments.all).await?;
    arguments.form.print_list(&sessions, columns(arguments.all));
    Ok(())
}

type Columns = &'static [crate::cli::output::Column<SessionOverview>];

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
