//! Accounts in lists, and one of them alone.

use std::sync::Arc;

use serde::Serialize;

use super::named::{all, everybody, find};
use super::{Named, parse_role, parse_status};
use crate::app::App;
use crate::base::{Id, Role, Status, Timestamp, text};
use crate::cli::output::{Form, print_json, printable};
use crate::cli::{Failure, say};
use crate::resources::accounts::Account;
use crate::resources::accounts::people::PeopleFilter;

// Which accounts are listed.
#[derive(clap::Args)]
pub(in crate::cli) struct Arguments {
    /// Only those with this status now: pending, active or disabled.
    #[arg(long, value_parser = parse_status)]
    status: Option<Status>,
    /// Only those with this role: user, approver or admin.
    #[arg(long, value_parser = parse_role)]
    role: Option<Role>,
    /// Only those with this text in their name or user name, or at the beginning of their e-mail address.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    form: Form,
}

/// An account for people and for programs.
#[derive(Serialize)]
struct Row {
    id: Id,
    email: Option<String>,
    username: Option<String>,
    name: Option<String>,
    role: &'static str,
    status: &'static str,
    disabled_reason: Option<String>,
    disabled_until: Option<Timestamp>,
    last_login_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&Account> for Row {
    fn from(account: &Account) -> Self {
        let disabled = account.disabled.clone().unwrap_or_default();
        Self {
            id: account.id,
            email: account.email.clone(),
            username: account.username.clone(),
            name: account.name.clone(),
            role: account.role.as_str(),
            status: account.status.as_str(),
            disabled_reason: disabled.reason,
            disabled_until: disabled.until,
            last_login_at: account.last_login_at,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

pub(super) async fn list(app: &Arc<App>, arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { status, role, search, form } = arguments;
    let search = search.as_deref().map(str::trim).filter(|search| !search.is_empty()).map(text::fold);
    let filter = PeopleFilter { status: *status, role: *role, search, ..everybody() };
    let rows: Vec<_> = all(app, filter).await?.iter().map(Row::from).collect();
    form.print_list(
        &rows,
        &[
            ("ID", |row| row.id.to_string()),
            ("ROLE", |row| row.role.to_owned()),
            ("STATUS", |row| row.status.to_owned()),
            ("CREATED", |row| row.created_at.to_string()),
            ("LOGIN", |row| row.email.as_ref().or(row.username.as_ref()).cloned().unwrap_or_default()),
        ],
    );
    Ok(())
}

pub(super) async fn show(app: &Arc<App>, named: &Named, form: Form) -> Result<(), Failure> {
    let row = Row::from(&find(app, named).await?);
    if form.is_json() {
        print_json(&row);
        return Ok(());
    }
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    for (what, value) in [
        ("id", Some(row.id.to_string())),
        ("e-mail", row.email),
        ("user name", row.username),
        ("name", row.name),
        ("role", Some(row.role.to_owned())),
        ("status", Some(row.status.to_owned())),
        ("disabled because", row.disabled_reason),
        ("disabled until", time(row.disabled_until)),
        ("last sign-in", time(row.last_login_at)),
        ("made", time(Some(row.created_at))),
        ("changed", time(Some(row.updated_at))),
    ] {
        say(format_args!("{what:<17} {}", printable(value.as_deref().unwrap_or("-"))));
    }
    Ok(())
}
