//! `portcullis user …`. It may run while the server runs: the server notices within 250 ms.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Failure, block_on, logging, password, say};
use crate::app::App;
use crate::base::{Caller, Direction, ManagesPeople, PageRequest, Permission, ReadsPeople, Role, Status};
use crate::config::{Config, Loaded};
use crate::resources::accounts::people::{self, NewPerson, PeopleFilter};
use crate::resources::accounts::{Account, RegisterRequest};
use crate::wiring::{self, Surroundings};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make an account. The password is asked for without echo, or read from standard input when that is no terminal.
    Create {
        /// Its e-mail address.
        #[arg(long, required_unless_present = "username")]
        email: Option<String>,
        /// Its user name.
        #[arg(long)]
        username: Option<String>,
        /// What to call the person.
        #[arg(long)]
        name: Option<String>,
        /// Make it an administrator.
        #[arg(long)]
        admin: bool,
    },
    /// List all accounts, oldest first.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value = "table")]
        output: Output,
    },
}

/// How a list is printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// Columns for people.
    Table,
    /// A JSON array for programs.
    Json,
}

pub(super) fn run(command: Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let config = loaded.config;
    match command {
        Command::Create { email, username, name, admin } => {
            let request = RegisterRequest::new(email, username, name, password::ask()?);
            block_on(create(config, request, if admin { Role::Admin } else { Role::User }))?
        }
        Command::List { output } => block_on(list(config, output))?,
    }
}

async fn create(config: Config, request: RegisterRequest, role: Role) -> Result<(), Failure> {
    let app = wiring::build(config, Surroundings::default()).await?;
    let registration = request.into_registration(&app.password_rules)?;
    let permission = ManagesPeople::of(Caller::command_line())?;
    let account =
        people::create(&app, permission, NewPerson { registration, role, status: Status::Active }).await?;
    // Whoever stands in another folder than the server has another configuration, and sees it here.
    let database = app.db.report()?;
    say(format_args!(
        "Made the account {} ({}, {}) in the {} database {}.",
        login_name(&account),
        account.role,
        account.id,
        database.engine,
        database.location
    ));
    close(&app);
    Ok(())
}

async fn list(config: Config, output: Output) -> Result<(), Failure> {
    let app = wiring::build(config, Surroundings::default()).await?;
    let all = all_people(&app).await?;
    match output {
        Output::Json => {
            let rows: Vec<_> = all.iter().map(row).collect();
            say(format_args!("{}", serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?));
        }
        Output::Table => {
            say(format_args!("{:<36}  {:<8}  {:<8}  {:<24}  LOGIN", "ID", "ROLE", "STATUS", "CREATED"));
            for account in &all {
                let created = account.created_at.to_string();
                let (role, status) = (account.role.as_str(), account.status.as_str());
                say(format_args!(
                    "{}  {role:<8}  {status:<8}  {created}  {}",
                    account.id,
                    login_name(account)
                ));
            }
        }
    }
    close(&app);
    Ok(())
}

async fn all_people(app: &Arc<App>) -> Result<Vec<Account>, Failure> {
    let permission = ReadsPeople::of(Caller::command_line())?;
    let filter = PeopleFilter { status: None, role: None, search: None, direction: Direction::Ascending };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: 1000, after, total: false };
        let page = people::list(app, &permission, filter.clone(), page).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn row(account: &Account) -> serde_json::Value {
    json!({
        "id": account.id, "email": account.email, "username": account.username, "name": account.name,
        "role": account.role.as_str(), "status": account.status.as_str(), "created_at": account.created_at,
    })
}

fn login_name(account: &Account) -> &str {
    account.email.as_deref().or(account.username.as_deref()).unwrap_or("-")
}

fn close(app: &Arc<App>) {
    app.db.close(Duration::from_secs(10));
}
