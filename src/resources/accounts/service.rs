//! The rules of accounts: registering, signing in, changing and leaving.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::identifiers;
use super::leaving::remove;
use super::login_name::{self, LoginName};
use super::model::{Account, Credentials, Disabling, NewAccount, ProfileChange, Registration};
use super::notices;
use super::people::changes::note_profile;
use super::store;
use crate::app::App;
use crate::base::{
    AccountErasure, Actor, Caller, Change, Error, Id, Origin, Precondition, Result, Role, Status, codes,
};
use crate::config::EmailVerification;
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::resources::sessions::{self, Begun, EndReason, Terms, Verified};
use crate::security::{Door, PasswordHash};

/// The row of a new account. Hashes the password, so it stands outside every transaction.
///
/// # Errors
/// `server.hashing_busy`.
pub(super) async fn prepare(
    app: &App,
    registration: Registration,
    role: Role,
    status: Status,
) -> Result<NewAccount> {
    let Registration { email, username, name, password } = registration;
    let PasswordHash(password_hash) = app.hasher.hash(password).await?;
    let (id, now) = (app.new_id(), app.now());
    Ok(NewAccount { id, username, email, name, role, status, password_hash, now })
}

/// What the audit log keeps of a new account.
pub(super) fn born(account: &Account) -> serde_json::Value {
    json!({ "role": account.role.as_str(), "status": account.status.as_str() })
}

/// Signs in and begins a session on these terms.
///
/// # Errors
/// `auth.invalid_credentials`, for unknown and known names alike and after the same time; after a right password only:
/// `account.pending`, `account.disabled`, `account.email_unverified`; `limits.too_many_requests`, `limits.too_many_attempts`.
pub async fn sign_in(
    app: &Arc<App>,
    login: LoginName,
    password: SecretString,
    terms: Terms,
    origin: Origin,
) -> Result<(Begun, Account)> {
    guard::admit(app, Door::SignIn, &origin)?;
    // A server that nobody but signers-in asks learns here of changed key sets.
    app.key_keeper.ensure().await?;
    let found = login_name::find(app, &login).await?;
    let known = found.as_ref().map(|found| (found.account.key, found.account.id));
    let attempt = guard::begin_sign_in(app, &identifiers::login_key(login.typed()), known, &origin).await?;
    let hash = found.as_ref().and_then(|found| found.password_hash.clone()).map(PasswordHash);
    let right = attempt.judged(app, app.hasher.verify(password, hash).await)?;
    let Some(Credentials { account, .. }) = found.clone().filter(|_| right) else {
        let account = found.map(|found| found.account.id);
        refuse(app, EventKind::SessionRefused, account, &origin, "wrong login or password");
        return Err(Error::new(&codes::INVALID_CREDENTIALS));
    };
    let held_up = match account.status {
        Status::Active if unverified(app, &account) => Some(Error::new(&codes::EMAIL_UNVERIFIED)),
        Status::Active => None,
        Status::Pending => Some(Error::new(&codes::ACCOUNT_PENDING)),
        Status::Disabled => Some(disabled(account.disabled.as_ref())),
    };
    if let Some(error) = held_up {
        attempt.forgive(app);
        refuse(app, EventKind::SessionRefused, Some(account.id), &origin, error.code().name);
        return Err(error);
    }
    let verified = Verified {
        account: account.key,
        id: account.id,
        epoch: account.epoch,
        known_device: attempt.known_device(),
    };
    let (shared, whose, from) = (Arc::clone(app), account.clone(), origin.clone());
    let begun = app.db.write(move |writer| {
        let begun = sessions::begin(&shared, writer, verified, terms, &from)?;
        if begun.is_some() {
            store::update_last_login(writer, whose.key, shared.now())?;
            attempt.succeed(&shared, writer, whose.key)?;
            if verified.known_device == Some(false) {
                notices::new_sign_in(&shared, writer, &whose, &from)?;
            }
        }
        Ok(begun)
    });
    // Whatever became of the session, the password was right.
    let Some(begun) = begun.await.inspect_err(|_| attempt.forgive(app))? else {
        attempt.forgive(app);
        // What was verified is void.
        let reason = "the account changed while its password was being checked";
        refuse(app, EventKind::SessionRefused, Some(account.id), &origin, reason);
        return Err(Error::new(&codes::INVALID_CREDENTIALS));
    };
    Ok((begun, account))
}

/// Whether sign-in waits until the account's address has been verified.
fn unverified(app: &App, account: &Account) -> bool {
    app.config.accounts.email_verification == EmailVerification::Required
        && account.email.is_some()
        && account.email_verified_at.is_none()
}

/// Why a disabled account cannot sign in, and until when.
fn disabled(disabling: Option<&Disabling>) -> Error {
    let error = Error::new(&codes::ACCOUNT_DISABLED);
    match disabling {
        Some(Disabling { reason: Some(reason), until: Some(until) }) => {
            error.with_detail(format!("This account is disabled until {until}. Reason: {reason}"))
        }
        Some(Disabling { reason: Some(reason), until: None }) => {
            error.with_detail(format!("This account is disabled. Reason: {reason}"))
        }
        Some(Disabling { reason: None, until: Some(until) }) => {
            error.with_detail(format!("This account is disabled until {until}."))
        }
        _ => error,
    }
}

fn refuse(app: &Arc<App>, kind: EventKind, account: Option<Id>, origin: &Origin, reason: &str) {
    let detail = json!({ "reason": reason });
    audit::refuse(app, Event { kind, actor: None, account, ip: Some(origin.address), detail });
}

/// The caller's account.
///
/// # Errors
/// `auth.session_ended` when it was deleted a moment ago.
pub async fn own(app: &Arc<App>, actor: Actor) -> Result<Account> {
    let now = app.now();
    let found = app.db.read(move |reader| Ok(store::find(reader, actor.account, now)?)).await?;
    found.ok_or_else(|| Error::new(&codes::SESSION_ENDED))
}

/// Changes the caller's name or user name.
///
/// # Errors
/// `precondition.failed`, `account.username_taken`, or a field error when the last login name would go.
pub async fn update_profile(
    app: &Arc<App>,
    actor: Actor,
    change: ProfileChange,
    precondition: Precondition,
    origin: Origin,
) -> Result<Account> {
    let shared = Arc::clone(app);
    let caller = Caller::account(actor, origin);
    app.db
        .write(move |writer| {
            let now = shared.now();
            let before =
                store::find(writer, actor.account, now)?.ok_or_else(|| Error::new(&codes::SESSION_ENDED))?;
            precondition.demand(before.version)?;
            if change == ProfileChange::default() {
                return Ok(before);
            }
            if change.username == Change::Clear && before.email.is_none() {
                let words = "username is the only name you can sign in with.";
                return Err(Error::invalid(Vec::new()).with_field("username", "required", words));
            }
            let mut after = before.clone().changed(now);
            after.name = change.name.clone().apply(after.name);
            let username = change.username.clone().and_then(|username| Some(username.typed));
            after.username = username.apply(after.username);
            if !store::update(writer, &after)? {
                return Err(writer.overtaken().into());
            }
            note_profile(&shared, writer, &caller, &before, &after)?;
            Ok(after)
        })
        .await
}

/// Changes the caller's password: every other session ends at once.
///
/// # Errors
/// `account.wrong_password`, `precondition.failed`.
pub async fn change_password(
    app: &Arc<App>,
    actor: Actor,
    current: SecretString,
    new: SecretString,
    precondition: Precondition,
    origin: Origin,
) -> Result<()> {
    let account = confirm_password(app, actor, current, &origin).await?;
    let PasswordHash(hash) = app.hasher.hash(new).await?;
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let before = store::find(writer, account.key, shared.now())?
                .ok_or_else(|| Error::new(&codes::SESSION_ENDED))?;
            precondition.demand(before.version)?;
            if before.epoch != account.epoch {
                return Err(Error::new(&codes::INVALID_PASSWORD));
            }
            if !store::update_password(writer, &before, &hash, shared.now())? {
                return Err(writer.overtaken().into());
            }
            let reason = EndReason::PasswordChanged;
            let ended = sessions::end_all(&shared, writer, account.key, Some(actor.session), reason)?;
            sessions::carry_over(&shared, writer, &actor, account.epoch + 1)?;
            let event = Event::own(EventKind::PasswordChanged, account.id, &origin);
            audit::record(&shared, writer, &event.with(json!({ "ended_sessions": ended.len() })))?;
            notices::password_changed(&shared, writer, &before, &origin)?;
            let index = Arc::clone(&shared.index);
            writer.after_commit(move || index.invalidate_account(account.key));
            Ok(())
        })
        .await
}

/// Deletes the caller's account: its sessions end and its names are free at once; its rows follow by a durable job.
///
/// # Errors
/// `account.wrong_password`, `precondition.failed`, `account.last_admin`.
pub async fn delete_own(
    app: &Arc<App>,
    actor: Actor,
    password: SecretString,
    precondition: Precondition,
    origin: Origin,
) -> Result<()> {
    let account = confirm_password(app, actor, password, &origin).await?;
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let before = store::find(writer, account.key, shared.now())?
                .ok_or_else(|| Error::new(&codes::SESSION_ENDED))?;
            precondition.demand(before.version)?;
            if before.epoch != account.epoch {
                return Err(Error::new(&codes::INVALID_PASSWORD));
            }
            remove(&shared, writer, &before, Event::own(EventKind::AccountDeleted, account.id, &origin))
        })
        .await
}

/// The caller's account, once the caller has shown its password again.
pub(super) async fn confirm_password(
    app: &Arc<App>,
    actor: Actor,
    password: SecretString,
    origin: &Origin,
) -> Result<Account> {
    let now = app.now();
    let found =
        app.db.read(move |reader| Ok(store::find_own_credentials(reader, actor.account, now)?)).await?;
    let Credentials { account, password_hash } = found.ok_or_else(|| Error::new(&codes::SESSION_ENDED))?;
    let attempt = guard::begin_confirmation(app, account.id, origin).await?;
    if attempt.judged(app, app.hasher.verify(password, password_hash.map(PasswordHash)).await)? {
        attempt.forgive(app);
        return Ok(account);
    }
    refuse(app, EventKind::PasswordRefused, Some(account.id), origin, "wrong password");
    Err(Error::new(&codes::INVALID_PASSWORD))
}

/// Removes the rows of deleted accounts, in chunks; how many accounts were finished.
///
/// # Errors
/// When the database cannot take it; what is left is done at the next call.
pub async fn sweep_deleted(app: &Arc<App>, erasures: &[Box<dyn AccountErasure>], chunk: u32) -> Result<u64> {
    let mut finished = 0;
    loop {
        let deleted = app.db.read(|reader| Ok(store::list_deleted(reader, 100)?)).await?;
        if deleted.is_empty() {
            return Ok(finished);
        }
        for (key, id) in deleted {
            for erasure in erasures {
                while erasure.erase(key, chunk).await? > 0 {}
                tracing::debug!(account = %id, resource = erasure.name(), "rows of a deleted account are gone");
            }
            finished += app.db.sweep(move |writer| Ok(store::delete(writer, key)?)).await?;
        }
    }
}

/// The key of the account with this public id.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_key(app: &Arc<App>, id: Id) -> Result<Option<i64>> {
    app.db.read(move |reader| Ok(store::find_key(reader, id)?)).await
}
