//! What the holder of an account changes without showing the password again: for contracts that ask for a token alone.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::dto::ProfileRequest;
use super::identifiers::{self, Identifier};
use super::leaving::remove;
use super::model::Account;
use super::notices;
use super::people::changes::note_profile;
use super::store;
use crate::app::App;
use crate::base::{Actor, Caller, Change, Check, Error, Origin, Result, codes};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::sessions::{self, EndReason};
use crate::security::PasswordHash;

/// What is to change; what is not there stays.
#[derive(Debug, Default)]
pub struct UnprovenChange {
    name: Change<String>,
    email: Option<Identifier>,
    password: Option<SecretString>,
}

impl UnprovenChange {
    /// Reads a name and an address as a registration does. The password has passed its rule.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn read(name: Option<String>, email: Option<String>, password: Option<SecretString>) -> Result<Self> {
        let mut check = Check::new();
        let name = name.map_or_else(ProfileRequest::default, ProfileRequest::name);
        let name = name.into_change().map(|change| change.name);
        let email = email.and_then(|typed| identifiers::email(&mut check, "email", &typed));
        let email = check.finish(Some(email));
        match (name, email) {
            (Ok(name), Ok(email)) => Ok(Self { name, email, password }),
            (Err(one), Err(other)) => Err(Error::invalid([one.fields(), other.fields()].concat())),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// Changes the caller's account: a new address holds at once and is not verified; a new password ends all other sessions.
///
/// # Errors
/// `account.email_taken`, and `auth.session_ended` when the account has gone.
pub async fn update(app: &Arc<App>, actor: Actor, change: UnprovenChange, origin: Origin) -> Result<Account> {
    let UnprovenChange { name, email, password } = change;
    let hash = match password {
        Some(password) => {
            let PasswordHash(hash) = app.hasher.hash(password).await?;
            Some(hash)
        }
        None => None,
    };
    let shared = Arc::clone(app);
    let caller = Caller::account(actor, origin.clone());
    app.db
        .write(move |writer| {
            sessions::demand_live(&shared, writer, &actor)?;
            let now = shared.now();
            let gone = || Error::new(&codes::SESSION_ENDED);
            let before = store::find(writer, actor.account, now)?.ok_or_else(gone)?;
            let mut after = before.clone();
            after.name = name.clone().apply(after.name);
            if let Some(address) = &email {
                let before = after.email.as_deref().unwrap_or_default();
                if !identifiers::same_postbox(before, &address.typed) {
                    after.email_verified_at = None;
                }
                after.email = Some(address.typed.clone());
            }
            if (&after.name, &after.email) != (&before.name, &before.email) {
                after = after.changed(now);
                if !store::update(writer, &after)? {
                    return Err(writer.overtaken().into());
                }
                note_profile(&shared, writer, &caller, &before, &after)?;
                notices::address_unproven(&shared, writer, &before, &after)?;
            }
            if let Some(hash) = &hash {
                if !store::update_password(writer, &after, hash, now)? {
                    return Err(writer.overtaken().into());
                }
                let reason = EndReason::PasswordChanged;
                let ended = sessions::end_all(&shared, writer, after.key, Some(actor.session), reason)?;
                sessions::carry_over(&shared, writer, &actor, after.epoch + 1)?;
                let event = Event::own(EventKind::PasswordChanged, after.id, &origin);
                audit::record(&shared, writer, &event.with(json!({ "ended_sessions": ended.len() })))?;
                notices::password_changed(&shared, writer, &after, &origin)?;
            }
            let index = Arc::clone(&shared.index);
            writer.after_commit(move || index.invalidate_account(actor.account));
            Ok(after)
        })
        .await
}

/// Deletes the caller's account: its sessions end and its names are free at once; its rows follow by a durable job.
///
/// # Errors
/// `account.last_admin`, and `auth.session_ended` when the account has gone.
pub async fn delete(app: &Arc<App>, actor: Actor, origin: Origin) -> Result<()> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            sessions::demand_live(&shared, writer, &actor)?;
            let found = store::find(writer, actor.account, shared.now())?;
            let account = found.ok_or_else(|| Error::new(&codes::SESSION_ENDED))?;
            remove(&shared, writer, &account, Event::own(EventKind::AccountDeleted, account.id, &origin))
        })
        .await
}
