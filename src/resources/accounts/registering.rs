//! Strangers who make an account.

use std::sync::Arc;

use super::identifiers::Identifier;
use super::model::{Account, Admission, NewAccount, Reception, Registration};
use super::proofs::demand_links;
use super::service::{born, prepare};
use super::store::{self, Login};
use super::{notices, proofs};
use crate::app::App;
use crate::base::{Error, Origin, Result, Role, Status, codes};
use crate::config::{self, EmailVerification};
use crate::mail::Template;
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::security::Door;

/// What became of a registration.
pub struct Registered {
    /// The new account. Where [`Self::hushed`], perhaps one that was never made.
    pub account: Account,
    /// Whether nobody may learn from the answer if the address had an account: a mail tells its owner.
    pub hushed: bool,
}

/// Lets a stranger make an account, as `accounts.registration` and `accounts.email_verification` say. Its mail leaves later; a
/// server that takes none does not hold the registration up.
///
/// # Errors
/// `registration.closed`, `account.email_taken`, `account.username_taken`, `limits.too_many_requests`; where addresses must
/// be verified, a field error without one, and `mail.not_configured`.
pub async fn register(
    app: &Arc<App>,
    registration: Registration,
    reception: Reception,
    origin: Origin,
) -> Result<Registered> {
    guard::admit(app, Door::Registration, &origin)?;
    let Reception { admission, greeting, hushes } = reception;
    let status = match (app.config.accounts.registration, admission) {
        (config::Registration::Closed, _) => return Err(Error::new(&codes::REGISTRATION_CLOSED)),
        (config::Registration::Open, Admission::Configured) => Status::Active,
        (config::Registration::Approval, _) | (_, Admission::AfterApproval) => Status::Pending,
    };
    let required = app.config.accounts.email_verification == EmailVerification::Required;
    let hushed = required && hushes;
    if required {
        demand_links(app)?;
        if registration.email.is_none() {
            let words = "email is required: it must be verified before you can sign in.";
            return Err(Error::invalid(Vec::new()).with_field("email", "required", words));
        }
    }
    let new = Arc::new(prepare(app, registration, Role::User, status).await?);
    let (shared, row) = (Arc::clone(app), Arc::clone(&new));
    let made = app.db.write(move |writer| {
        let account = store::insert(writer, &row)?;
        let event = Event::own(EventKind::AccountCreated, account.id, &origin);
        audit::record(&shared, writer, &event.with(born(&account)))?;
        notices::meet(&shared, writer, &account, greeting)?;
        Ok(account)
    });
    let account = match (made.await, new.email.clone()) {
        (Err(error), Some(email)) if hushed && *error.code() == codes::EMAIL_TAKEN => {
            tell_owner(app, email, new.username.clone()).await?;
            look_alike(&new)
        }
        (made, _) => made?,
    };
    Ok(Registered { account, hushed })
}

/// Tells whoever has the address, unless it was told a moment ago. This hides from the answer that there is an account, and from
/// nothing else: a sign-in with the password just chosen tells afterwards, and the time that this takes tells a little.
///
/// # Errors
/// `account.username_taken`, as for a free address: which of two taken names an engine complains about must not tell.
async fn tell_owner(app: &Arc<App>, email: Identifier, username: Option<Identifier>) -> Result<()> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let now = shared.now();
            if let Some(username) = &username
                && store::find_credentials(writer, Login::Username(&username.key), now)?.is_some()
            {
                return Err(store::username_taken());
            }
            let found = store::find_credentials(writer, Login::Email(&email.key), now)?;
            let Some(owner) = found.map(|found| found.account) else { return Ok(()) };
            store::lock(writer, owner.key)?;
            if proofs::may_mail(writer, Template::AddressTaken, owner.key, now)? {
                notices::address_taken(&shared, writer, &owner)?;
            }
            Ok(())
        })
        .await
}

/// The account that was asked for, as it would look.
fn look_alike(new: &NewAccount) -> Account {
    Account {
        key: 0,
        id: new.id,
        username: new.username.as_ref().map(|name| name.typed.clone()),
        email: new.email.as_ref().map(|address| address.typed.clone()),
        name: new.name.clone(),
        role: new.role,
        status: new.status,
        disabled: None,
        epoch: 0,
        version: 1,
        email_verified_at: None,
        last_login_at: None,
        created_at: new.now,
        updated_at: new.now,
    }
}
