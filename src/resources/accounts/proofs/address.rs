//! Whose address is it: verifying the one an account has, and giving it another.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::requests::{demand_links, may_mail};
use super::shown::{self, Shown};
use super::store;
use crate::app::App;
use crate::base::{Actor, Error, Origin, Result, codes};
use crate::config::EmailVerification;
use crate::db::Writer;
use crate::mail::{Binding, Draft, OpenProof, Template};
use crate::resources::accounts::identifiers::{self, Identifier};
use crate::resources::accounts::model::{Account, Credentials};
use crate::resources::accounts::notices;
use crate::resources::accounts::service::confirm_password;
use crate::resources::accounts::store::{self as accounts, Login};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::security::{Door, PasswordHash};

const PURPOSES: &[Template] = &[Template::VerifyAddress, Template::ConfirmAddress];

/// Verifies an address. It takes the proof *and* the account's session or password: whoever registered with somebody else's
/// address and waits for a click must not get it verified.
///
/// # Errors
/// `auth.invalid_proof`; without session: `auth.invalid_credentials`, `limits.too_many_attempts`, or a field error when
/// there is no password either; `account.email_taken`.
pub async fn verify(
    app: &Arc<App>,
    actor: Option<Actor>,
    shown: Shown,
    password: Option<SecretString>,
    origin: Origin,
) -> Result<Account> {
    guard::admit(app, Door::SignIn, &origin)?;
    if actor.is_none() && password.is_none() {
        let words = "password is required, unless you are signed in.";
        return Err(Error::invalid(Vec::new()).with_field("password", "required", words));
    }
    let session = actor.map(|actor| actor.account);
    let proof = shown::find(app, PURPOSES, shown, session, &origin).await?;
    let foreign = || shown::refuse(app, Template::VerifyAddress, &origin);
    match session {
        Some(account) if account != proof.account => return Err(foreign()),
        Some(_) => {}
        None => demand_password(app, &proof, password, &origin).await?,
    }
    let (shared, from) = (Arc::clone(app), origin.clone());
    let verified = app.db.write(move |writer| accept(&shared, writer, &proof, &from));
    verified.await?.ok_or_else(foreign)
}

/// The password of the account that a mail concerns, counted like a sign-in.
async fn demand_password(
    app: &Arc<App>,
    proof: &OpenProof,
    password: Option<SecretString>,
    origin: &Origin,
) -> Result<()> {
    let wrong = || Error::new(&codes::INVALID_CREDENTIALS);
    let (key, now) = (proof.account, app.now());
    let found = app.db.read(move |reader| Ok(accounts::find_own_credentials(reader, key, now)?)).await?;
    let Credentials { account, password_hash } = found.ok_or_else(wrong)?;
    let name = account.email.as_deref().or(account.username.as_deref()).unwrap_or_default();
    let known = Some((account.key, account.id));
    let attempt = guard::begin_sign_in(app, &identifiers::login_key(name), known, origin).await?;
    let password = password.ok_or_else(wrong)?;
    if attempt.judged(app, app.hasher.verify(password, password_hash.map(PasswordHash)).await)? {
        attempt.forgive(app);
        return Ok(());
    }
    let detail = json!({ "reason": "wrong password beside a proof" });
    let event = Event::own(EventKind::PasswordRefused, account.id, origin).with(detail);
    audit::refuse(app, Event { actor: None, ..event });
    Err(wrong())
}

fn accept(
    app: &Arc<App>,
    writer: &mut Writer<'_>,
    proof: &OpenProof,
    origin: &Origin,
) -> Result<Option<Account>> {
    let now = app.now();
    let Some(before) = accounts::find(writer, proof.account, now)? else { return Ok(None) };
    if !shown::use_up(app, writer, proof)? {
        return Ok(None);
    }
    let mut after = before.clone().changed(now);
    after.email_verified_at = Some(now);
    let event = if proof.template == Template::ConfirmAddress {
        let key =
            identifiers::email_key(&proof.recipient).ok_or_else(|| Error::new(&codes::INVALID_PROOF))?;
        let address = Identifier { typed: proof.recipient.clone(), key };
        if !store::update_address(writer, &before, &address, now)? {
            return Err(writer.overtaken().into());
        }
        after.email = Some(address.typed);
        notices::address_changed(app, writer, &before, &after)?;
        EventKind::EmailChanged
    } else {
        if !store::update_verified(writer, &before, now)? {
            return Err(writer.overtaken().into());
        }
        if before.email_verified_at.is_none() {
            notices::welcome_once(app, writer, &after)?;
        }
        EventKind::EmailVerified
    };
    let detail = match event {
        EventKind::EmailChanged => json!({ "before": before.email, "after": after.email }),
        _ => json!({}),
    };
    audit::record(app, writer, &Event::own(event, before.id, origin).with(detail))?;
    Ok(Some(after))
}

/// Asks for another address: it becomes the account's when a mail to it has been answered.
///
/// # Errors
/// `account.wrong_password`, `mail.not_configured`, a field error for the address the account has; `account.email_taken`,
/// except where addresses must be verified: there the answer is the same, and the other owner is told.
pub async fn change_address(
    app: &Arc<App>,
    actor: Actor,
    address: Identifier,
    password: SecretString,
    origin: Origin,
) -> Result<()> {
    guard::admit(app, Door::Mail, &origin)?;
    demand_links(app)?;
    let account = confirm_password(app, actor, password, &origin).await?;
    let own_key = account.email.as_deref().and_then(identifiers::email_key);
    if own_key.as_ref() == Some(&address.key) {
        let words = "email is the address that the account has.";
        return Err(Error::invalid(Vec::new()).with_field("email", "unchanged", words));
    }
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let now = shared.now();
            accounts::lock(writer, account.key)?;
            let event = Event::own(EventKind::EmailChangeRequested, account.id, &origin);
            audit::record(&shared, writer, &event)?;
            // Whether the address is free or not: what became of an older wish must not tell.
            shared.mail.void(writer, account.key, &[Template::ConfirmAddress])?;
            if let Some(owner) = accounts::find_credentials(writer, Login::Email(&address.key), now)? {
                if shared.config.accounts.email_verification != EmailVerification::Required {
                    return Err(accounts::email_taken());
                }
                accounts::lock(writer, owner.account.key)?;
                if may_mail(writer, Template::AddressTaken, owner.account.key, now)? {
                    notices::address_taken(&shared, writer, &owner.account)?;
                }
                return Ok(());
            }
            let draft = Draft {
                template: Template::ConfirmAddress,
                recipient: address.typed.clone(),
                account: Some(account.key),
                binding: Some(Binding { epoch: account.epoch, address_key: own_key.clone() }),
                // No word of ours to an address that may be a stranger's.
                variables: json!({}),
            };
            shared.mail.queue(writer, &draft)?;
            Ok(())
        })
        .await
}
