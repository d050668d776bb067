//! A new password for whoever reads the account's mails.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::shown::{self, Shown};
use super::store;
use crate::app::App;
use crate::base::{Origin, Result};
use crate::mail::Template;
use crate::resources::accounts::{notices, store as accounts};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::resources::sessions::{self, EndReason};
use crate::security::{Door, PasswordHash};

const PURPOSE: &[Template] = &[Template::ResetPassword];

/// Sets a new password. Every session and every other proof ends with the old one, no device is known any more; the address counts as verified, for its
/// mails were read.
///
/// # Errors
/// `auth.invalid_proof`, `limits.too_many_requests`.
pub async fn reset(app: &Arc<App>, shown: Shown, password: SecretString, origin: Origin) -> Result<()> {
    guard::admit(app, Door::SignIn, &origin)?;
    let proof = shown::find(app, PURPOSE, shown, None, &origin).await?;
    // Behind the look: nobody makes us hash for nothing.
    let PasswordHash(hash) = app.hasher.hash(password).await?;
    let (shared, from) = (Arc::clone(app), origin.clone());
    let done = app.db.write(move |writer| {
        let now = shared.now();
        let Some(before) = accounts::find(writer, proof.account, now)? else { return Ok(false) };
        if !shown::use_up(&shared, writer, &proof)? {
            return Ok(false);
        }
        if !store::update_reset(writer, &before, &hash, now)? {
            return Err(writer.overtaken().into());
        }
        guard::forget_devices(writer, before.key)?;
        let ended = sessions::end_all(&shared, writer, before.key, None, EndReason::PasswordChanged)?;
        let event = Event::own(EventKind::PasswordReset, before.id, &from);
        audit::record(&shared, writer, &event.with(json!({ "ended_sessions": ended.len() })))?;
        notices::password_changed(&shared, writer, &before, &from)?;
        let index = Arc::clone(&shared.index);
        writer.after_commit(move || index.invalidate_account(before.key));
        Ok(true)
    });
    if done.await? { Ok(()) } else { Err(shown::refuse(app, Template::ResetPassword, &origin)) }
}
