//! Making and deleting accounts, and their passwords.

use std::io::{IsTerminal, Write, stdin, stdout};
use std::sync::Arc;

use super::Named;
use super::named::{find, login_name, permission};
use crate::app::App;
use crate::base::{Check, Precondition, Role, Status};
use crate::cli::output::printable;
use crate::cli::{Failure, password as prompt, say};
use crate::resources::accounts::RegisterRequest;
use crate::resources::accounts::people::{self, NewPerson};

// What an account is called, and what it may do.
#[derive(clap::Args)]
pub(in crate::cli) struct Names {
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
}

pub(super) async fn create(app: &Arc<App>, names: Names) -> Result<(), Failure> {
    let Names { email, username, name, admin } = names;
    let request = RegisterRequest::new(email, username, name, prompt::ask()?);
    let registration = request.into_registration(&app.password_rules)?;
    let role = if admin { Role::Admin } else { Role::User };
    let person = NewPerson { registration, role, status: Status::Active };
    let account = people::create(app, permission()?, person).await?;
    // Whoever stands in another folder than the server has another configuration, and sees it here.
    let database = app.db.report()?;
    say(format_args!(
        "Made the account {} ({}, {}) in the {} database {}.",
        printable(login_name(&account)),
        account.role,
        account.id,
        database.engine,
        database.location
    ));
    Ok(())
}

pub(super) async fn password(app: &Arc<App>, named: &Named) -> Result<(), Failure> {
    let account = find(app, named).await?;
    let mut check = Check::new();
    let typed = app.password_rules.check(&mut check, "password", prompt::ask()?);
    let password = check.finish(typed)?;
    people::set_password(app, permission()?, Some(account.id), password).await?;
    say(format_args!(
        "{} has a new password. All sessions of the account have ended.",
        printable(login_name(&account))
    ));
    Ok(())
}

pub(super) async fn delete(app: &Arc<App>, named: &Named, yes: bool) -> Result<(), Failure> {
    let account = find(app, named).await?;
    let name = printable(login_name(&account));
    if !yes {
        confirm(&format!("Delete the account {name} ({}) with everything that belongs to it?", account.id))?;
    }
    people::delete(app, permission()?, Some(account.id), Precondition::None).await?;
    say(format_args!("Deleted the account {name} ({}). Its data follow while the server runs.", account.id));
    Ok(())
}

fn confirm(question: &str) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err("Nobody is there to be asked; say --yes to delete the account.".to_owned().into());
    }
    let failed = |error: std::io::Error| format!("The answer cannot be read: {error}.");
    print!("{question} Type yes: ");
    stdout().flush().map_err(failed)?;
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(failed)?;
    if answer.trim() == "yes" { Ok(()) } else { Err("Nothing was deleted.".to_owned().into()) }
}
