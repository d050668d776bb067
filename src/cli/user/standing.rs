//! Whether somebody may sign in, and what they may do then.

use std::sync::Arc;

use super::Named;
use super::named::{find, login_name, permission};
use crate::app::App;
use crate::base::{Precondition, Role, Timestamp};
use crate::cli::output::printable;
use crate::cli::{Failure, say};
use crate::resources::accounts::people::{self, PersonChange, checked_reason};
use crate::resources::accounts::{Account, Disabling};

// Whom a decision is about, and why.
#[derive(clap::Args)]
pub(in crate::cli) struct Decision {
    #[command(flatten)]
    named: Named,
    /// Why; kept in the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

// Who is disabled, why and until when.
#[derive(clap::Args)]
pub(in crate::cli) struct Disable {
    #[command(flatten)]
    named: Named,
    /// Why; the person reads it at sign-in, and the audit log keeps it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// When it ends by itself: a time such as 2026-12-31T08:00:00Z, or a duration from now such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME|DURATION")]
    until: Option<String>,
}

pub(super) async fn approve(app: &Arc<App>, decision: Decision) -> Result<(), Failure> {
    let account = find(app, &decision.named).await?;
    let reason = read(decision.reason)?;
    tell(&people::approve(app, permission()?, Some(account.id), reason).await?);
    Ok(())
}

pub(super) async fn reject(app: &Arc<App>, decision: Decision) -> Result<(), Failure> {
    let account = find(app, &decision.named).await?;
    let reason = read(decision.reason)?;
    tell(&people::reject(app, permission()?, Some(account.id), reason).await?);
    Ok(())
}

pub(super) async fn enable(app: &Arc<App>, decision: Decision) -> Result<(), Failure> {
    let account = find(app, &decision.named).await?;
    let reason = read(decision.reason)?;
    tell(&people::enable(app, permission()?, Some(account.id), reason).await?);
    Ok(())
}

pub(super) async fn disable(app: &Arc<App>, disable: Disable) -> Result<(), Failure> {
    let account = find(app, &disable.named).await?;
    let until = disable.until.map(|until| time(&until, app.now())).transpose()?;
    let disabling = Disabling { reason: read(disable.reason)?, until };
    tell(&people::disable(app, permission()?, Some(account.id), disabling).await?);
    Ok(())
}

pub(super) async fn role(app: &Arc<App>, named: &Named, role: Role) -> Result<(), Failure> {
    let account = find(app, named).await?;
    let change = PersonChange { role: Some(role), ..PersonChange::default() };
    tell(&people::update(app, permission()?, Some(account.id), change, Precondition::None).await?);
    Ok(())
}

fn read(reason: Option<String>) -> Result<Option<String>, Failure> {
    Ok(reason.map_or(Ok(None), |reason| checked_reason(&reason))?)
}

/// A time, or a duration from now.
fn time(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let at = Timestamp::parse(text);
    at.or_else(|| humantime::parse_duration(text).ok().map(|wait| now.plus(wait))).ok_or_else(|| {
        let words =
            format!("{text:?} is neither a time such as 2026-12-31T08:00:00Z nor a duration such as 2h.");
        Failure::misused(words)
    })
}

fn tell(account: &Account) {
    let until = account.disabled.as_ref().and_then(|disabled| disabled.until);
    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
    let (name, status) = (printable(login_name(account)), account.status);
    say(format_args!("{name} is {status}{until}, with the role {} ({}).", account.role, account.id));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_one_of_the_calendar_or_from_now() {
        let now = Timestamp::from_millis(1_795_262_400_000);
        let read = |text| time(text, now).map(|at| at.to_string()).map_err(|failure| failure.code);
        assert_eq!(read("2h"), Ok("2026-11-21T14:00:00.000Z".into()));
        assert_eq!(read("1s"), Ok("2026-11-21T12:00:01.000Z".into()));
        assert_eq!(read("2027-01-01T01:00:00+01:00"), Ok("2027-01-01T00:00:00.000Z".into()));
        for text in ["", "tomorrow", "2027-01-01", "5"] {
            assert_eq!(read(text), Err(2), "{text}");
        }
    }
}
