//! What account holders are told by mail, in the transaction of what happened.

use serde_json::{Value, json};

use super::identifiers;
use super::model::{Account, Disabling, Greeting};
use crate::app::App;
use crate::base::{Origin, Status, Timestamp};
use crate::config::EmailVerification;
use crate::db::{Result, Writer};
use crate::mail::{Binding, Draft, Template, newest_at};

/// Meets a new account: asks whether its address is its own, where that is wanted, or else greets it. One that waits for
/// approval hears when it is decided.
pub(super) fn meet(app: &App, writer: &mut Writer<'_>, account: &Account, greeting: Greeting) -> Result<()> {
    if greeting == Greeting::Service {
        // The contract's words, whoever's address it is.
        let variables = json!({ "username": account.username.as_ref().or(account.name.as_ref()) });
        tell(app, writer, account, Template::ServiceWelcome, variables)?;
    }
    if app.config.accounts.email_verification != EmailVerification::Off && app.mail.has_links() {
        return verify_address(app, writer, account);
    }
    if greeting == Greeting::House { welcome(app, writer, account) } else { Ok(()) }
}

/// Greets an account that can be used.
fn welcome(app: &App, writer: &mut Writer<'_>, account: &Account) -> Result<()> {
    if account.status != Status::Active {
        return Ok(());
    }
    let username = account.username.as_ref().filter(|_| account.email_verified_at.is_some());
    tell(app, writer, account, Template::Welcome, json!({ "username": username }))
}

/// Greets an account whose address has just been verified, unless it has been greeted, or is so old that nobody knows.
pub(super) fn welcome_once(app: &App, writer: &mut Writer<'_>, account: &Account) -> Result<()> {
    if app.now().since(account.created_at) >= app.config.mail.keep {
        return Ok(());
    }
    for greeting in [Template::Welcome, Template::ServiceWelcome] {
        if newest_at(writer, greeting, account.key)?.is_some() {
            return Ok(());
        }
    }
    welcome(app, writer, account)
}

/// Asks whether the account's address is its own.
pub(super) fn verify_address(app: &App, writer: &mut Writer<'_>, account: &Account) -> Result<()> {
    let Some(recipient) = account.email.clone() else { return Ok(()) };
    let address_key = identifiers::email_key(&recipient);
    app.mail.void(writer, account.key, &[Template::VerifyAddress])?;
    let draft = Draft {
        template: Template::VerifyAddress,
        recipient,
        account: Some(account.key),
        binding: Some(Binding { epoch: account.epoch, address_key }),
        // No name: whoever made the account typed it, and the address may be a stranger's.
        variables: json!({}),
    };
    app.mail.queue(writer, &draft).map(drop)
}

/// Tells the owner of an address that somebody wanted it for another account.
pub(super) fn address_taken(app: &App, writer: &mut Writer<'_>, owner: &Account) -> Result<()> {
    tell(app, writer, owner, Template::AddressTaken, json!({}))
}

/// Tells of a new address, at the new one and at the one before. Whatever was mailed to that proves nothing any more, even
/// where the two fold alike.
pub(super) fn address_changed(
    app: &App,
    writer: &mut Writer<'_>,
    before: &Account,
    after: &Account,
) -> Result<()> {
    let proofs = [Template::VerifyAddress, Template::ConfirmAddress, Template::ResetPassword];
    app.mail.void(writer, before.key, &proofs)?;
    let variables = json!({ "old": before.email, "new": after.email });
    tell(app, writer, before, Template::AddressChanged, variables.clone())?;
    tell(app, writer, after, Template::AddressChanged, variables)
}

/// Tells of a new password.
pub(super) fn password_changed(
    app: &App,
    writer: &mut Writer<'_>,
    account: &Account,
    origin: &Origin,
) -> Result<()> {
    let variables = json!({ "at": readable(app.now()), "ip": origin.address.to_string() });
    tell(app, writer, account, Template::PasswordChanged, variables)
}

/// Tells of a sign-in from a device that is not known. The first sign-in of all is no news.
pub(super) fn new_sign_in(
    app: &App,
    writer: &mut Writer<'_>,
    account: &Account,
    origin: &Origin,
) -> Result<()> {
    if account.last_login_at.is_none() {
        return Ok(());
    }
    let variables = json!({
        "at": readable(app.now()), "ip": origin.address.to_string(), "user_agent": origin.user_agent,
    });
    tell(app, writer, account, Template::NewSignIn, variables)
}

/// Tells of what an administrator has decided or changed.
pub(super) fn decided(app: &App, writer: &mut Writer<'_>, before: &Account, after: &Account) -> Result<()> {
    match (before.status, after.status) {
        (Status::Pending, Status::Active) => {
            tell(app, writer, after, Template::AccountApproved, json!({}))?;
        }
        (Status::Pending, Status::Disabled)
            if after.disabled.as_ref().is_some_and(Disabling::is_rejection) =>
        {
            tell(app, writer, after, Template::AccountRejected, json!({}))?;
        }
        (Status::Pending | Status::Active, Status::Disabled) => {
            let disabled = after.disabled.clone().unwrap_or_default();
            let variables = json!({ "reason": disabled.reason, "until": disabled.until.map(readable) });
            tell(app, writer, after, Template::AccountDisabled, variables)?;
        }
        _ => {}
    }
    address_unproven(app, writer, before, after)
}

/// Tells of an address that nobody has shown to be theirs, if it is another one than before, and asks.
pub(super) fn address_unproven(
    app: &App,
    writer: &mut Writer<'_>,
    before: &Account,
    after: &Account,
) -> Result<()> {
    if before.email == after.email || after.email_verified_at.is_some() {
        return Ok(());
    }
    address_changed(app, writer, before, after)?;
    if app.config.accounts.email_verification != EmailVerification::Off && app.mail.has_links() {
        verify_address(app, writer, after)?;
    }
    Ok(())
}

fn tell(
    app: &App,
    writer: &mut Writer<'_>,
    account: &Account,
    template: Template,
    mut variables: Value,
) -> Result<()> {
    let Some(recipient) = account.email.clone() else { return Ok(()) };
    variables["name"] = json!(account.name_for_mails());
    let draft = Draft { template, recipient, account: Some(account.key), binding: None, variables };
    app.mail.queue(writer, &draft).map(drop)
}

/// A time to the minute, as people read it.
fn readable(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", &text[..10], &text[11..16])
}
