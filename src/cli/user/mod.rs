//! `portcullis user …`: people, with an operator's authority. Everything goes through the same services as at the doors, so
//! that it is audited and a server that runs acts on it.

mod listing;
mod making;
mod named;
mod sessions;
mod standing;

pub(super) use named::{find, permission};

use std::sync::Arc;
use std::time::Duration;

use super::output::Form;
use super::{Failure, attach, block_on, logging};
use crate::app::App;
use crate::base::{Role, Status};
use crate::config::{Config, Loaded};
use crate::wiring::{self, Surroundings};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make an account. The password is asked for without echo, or read from standard input when that is no terminal.
    Create(making::Names),
    /// List accounts, oldest first.
    List(listing::Arguments),
    /// Show all there is to know of one account.
    Show {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        form: Form,
    },
    /// Let somebody in who waits for approval.
    Approve(standing::Decision),
    /// Turn somebody away who waits for approval.
    Reject(standing::Decision),
    /// Lock somebody out, for ever or for a while: all sessions end at once.
    Disable(standing::Disable),
    /// Let somebody in again who was disabled or rejected.
    Enable(standing::Decision),
    /// Give somebody another role. It counts from the next request on.
    Role {
        #[command(flatten)]
        named: Named,
        /// The role: user, approver or admin.
        #[arg(value_name = "ROLE", value_parser = parse_role)]
        role: Role,
    },
    /// Give somebody another password: all sessions end at once. It is asked for twice without echo, or read from standard
    /// input when that is no terminal.
    Password(Named),
    /// List somebody's sessions, or end them.
    Sessions(sessions::Arguments),
    /// Delete an account with everything that belongs to it. Asks first.
    Delete {
        #[command(flatten)]
        named: Named,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

// Which account.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Named {
    /// The account: its e-mail address, its user name or its id.
    #[arg(value_name = "NAME")]
    pub(super) name: String,
}

pub(super) fn run(command: Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    block_on(carry_out(command, loaded.config))?
}

async fn carry_out(command: Command, config: Config) -> Result<(), Failure> {
    // The first administrator may be made before the first start; everybody else is found where a server has been.
    let app = match &command {
        Command::Create(_) => wiring::build(config, Surroundings::default()).await?,
        _ => attach(config).await?,
    };
    let done = on(&app, command).await;
    app.db.close(Duration::from_secs(10));
    done
}

async fn on(app: &Arc<App>, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create(names) => making::create(app, names).await,
        Command::List(arguments) => listing::list(app, &arguments).await,
        Command::Show { named, form } => listing::show(app, &named, form).await,
        Command::Approve(decision) => standing::approve(app, decision).await,
        Command::Reject(decision) => standing::reject(app, decision).await,
        Command::Disable(disable) => standing::disable(app, disable).await,
        Command::Enable(decision) => standing::enable(app, decision).await,
        Command::Role { named, role } => standing::role(app, &named, role).await,
        Command::Password(named) => making::password(app, &named).await,
        Command::Sessions(arguments) => sessions::run(app, &arguments).await,
        Command::Delete { named, yes } => making::delete(app, &named, yes).await,
    }
}

fn parse_role(word: &str) -> Result<Role, String> {
    word.parse().map_err(|_| "a role is user, approver or admin".to_owned())
}

fn parse_status(word: &str) -> Result<Status, String> {
    word.parse().map_err(|_| "a status is pending, active or disabled".to_owned())
}
