//! Listing, reading, making, changing and deleting accounts on somebody's behalf.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::changes::{Order, apply, change, demand_still, found, note_refusal};
use super::model::{NewPerson, PeopleFilter, PersonChange};
use super::store as lists;
use crate::app::App;
use crate::base::{
    Error, Id, ManagesPeople, Page, PageRequest, Permission, Position, Precondition, ReadsPeople, Result,
    Role, SortValue, Status, Timestamp, codes, text,
};
use crate::config::EmailVerification;
use crate::db::{Reader, Writer};
use crate::http::idempotency::IdempotencyKey;
use crate::resources::accounts::leaving::remove;
use crate::resources::accounts::model::{Account, NewAccount, Registration};
use crate::resources::accounts::service::{born, prepare};
use crate::resources::accounts::store::{self, Login};
use crate::resources::accounts::{identifiers, notices};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::idempotency::{self, Receipt};
use crate::resources::sessions::{self, EndReason};
use crate::security::PasswordHash;

/// A page of accounts.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    app: &Arc<App>,
    _: &ReadsPeople,
    filter: PeopleFilter,
    page: PageRequest,
) -> Result<Page<Account>> {
    // A search, a count, or what few accounts are may look at every row; the rest is one short walk along an index.
    let wide = filter.search.is_some() || page.total || (filter.status.is_some() && filter.role.is_some());
    let now = app.now();
    let job = move |reader: &mut Reader<'_>| {
        let rows = lists::list(reader, &filter, page.after.as_ref(), i64::from(page.limit) + 1, now)?;
        let total = page.total.then(|| lists::count(reader, &filter, now)).transpose()?;
        Ok(Page::cut(rows, page.limit, total, |account: &Account| Position {
            sort: SortValue::Number(account.created_at.millis()),
            key: account.key,
        }))
    };
    if wide { app.db.scan(job).await } else { app.db.read(job).await }
}

/// One account.
///
/// # Errors
/// `account.not_found`.
pub async fn read(app: &Arc<App>, _: &ReadsPeople, id: Option<Id>) -> Result<Account> {
    let now = app.now();
    app.db.read(move |reader| found(reader, id, now)).await
}

/// The account with this id, e-mail address or user name.
///
/// # Errors
/// `account.not_found`.
pub async fn find_by_name(app: &Arc<App>, _: &ReadsPeople, name: &str) -> Result<Account> {
    let (name, now) = (name.trim().to_owned(), app.now());
    let found = app.db.read(move |reader| {
        if let Ok(id) = name.parse()
            && let Some(account) = store::find_public(reader, id, now)?
        {
            return Ok(Some(account));
        }
        let credentials = match identifiers::email_key(&name) {
            Some(key) => store::find_credentials(reader, Login::Email(&key), now)?,
            None => store::find_credentials(reader, Login::Username(&text::fold(&name)), now)?,
        };
        Ok(credentials.map(|found| found.account))
    });
    found.await?.ok_or_else(|| Error::new(&codes::ACCOUNT_NOT_FOUND))
}

/// Makes an account, whatever the registration setting.
///
/// # Errors
/// `account.email_taken`, `account.username_taken`.
pub async fn create(app: &Arc<App>, permission: ManagesPeople, person: NewPerson) -> Result<Account> {
    let new = prepare(app, person.registration, person.role, person.status).await?;
    let (shared, caller) = (Arc::clone(app), permission.caller().clone());
    let made = app.db.write(move |writer| insert(&shared, writer, &permission, &new)).await;
    made.inspect_err(|error| note_refusal::<ManagesPeople>(app, error, &caller, None))
}

/// The same, at most once for one key; `receipt` says how it is answered, now and when the same key comes again.
///
/// # Errors
/// As [`create`], and `idempotency_key.reused`.
pub(super) async fn create_once(
    app: &Arc<App>,
    permission: ManagesPeople,
    person: NewPerson,
    key: Option<IdempotencyKey>,
    receipt: impl Fn(Account) -> Result<Receipt> + Send + 'static,
) -> Result<Receipt> {
    let new = prepare(app, person.registration, person.role, person.status).await?;
    let shared = Arc::clone(app);
    let (actor, caller) = (permission.caller().actor().copied(), permission.caller().clone());
    let creation = move |writer: &mut Writer<'_>| receipt(insert(&shared, writer, &permission, &new)?);
    let made = match actor {
        Some(actor) => idempotency::create_once(app, &actor, key, creation).await,
        None => app.db.write(creation).await,
    };
    made.inspect_err(|error| note_refusal::<ManagesPeople>(app, error, &caller, None))
}

fn insert(
    app: &App,
    writer: &mut Writer<'_>,
    permission: &ManagesPeople,
    new: &NewAccount,
) -> Result<Account> {
    demand_still(app, writer, permission)?;
    let account = store::insert(writer, new)?;
    let event = Event::by(permission.caller(), EventKind::AccountCreated, account.id);
    audit::record(app, writer, &event.with(born(&account)))?;
    match app.config.accounts.email_verification {
        EmailVerification::Off => {}
        // Operators vouch for those they let in: the first administrator must not wait for a mail.
        _ if permission.caller().operator().is_some() => return vouch(writer, account, new.now),
        _ if app.mail.has_links() => notices::verify_address(app, writer, &account)?,
        _ => {}
    }
    Ok(account)
}

/// The account with its address, if it has one, as verified.
fn vouch(writer: &mut Writer<'_>, account: Account, now: Timestamp) -> Result<Account> {
    if account.email.is_none() {
        return Ok(account);
    }
    let mut vouched = account.clone().changed(now);
    vouched.email_verified_at = Some(now);
    if store::update(writer, &vouched)? { Ok(vouched) } else { Err(writer.overtaken().into()) }
}

/// Makes the first administrator. `None`: there is one already, perhaps since another node made it a moment ago.
///
/// # Errors
/// `account.email_taken`, `account.username_taken`: somebody else has that name.
pub async fn create_first(
    app: &Arc<App>,
    permission: ManagesPeople,
    registration: Registration,
) -> Result<Option<Account>> {
    let new = prepare(app, registration, Role::Admin, Status::Active).await?;
    let shared = Arc::clone(app);
    let made = app.db.write(move |writer| {
        if lists::count_admins(writer)? > 0 {
            return Ok(None);
        }
        insert(&shared, writer, &permission, &new).map(Some)
    });
    match made.await {
        Err(error) if *error.code() == codes::EMAIL_TAKEN && has_admin(app).await? => Ok(None),
        made => made,
    }
}

/// Whether there is an administrator, whatever its status.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_admin(app: &Arc<App>) -> Result<bool> {
    app.db.read(|reader| Ok(lists::count_admins(reader)? > 0)).await
}

/// Changes an account. Another role or status acts on its next request.
///
/// # Errors
/// `account.not_found`, `precondition.failed`, `account.email_taken`, `account.username_taken`, `account.last_admin`, or a
/// field error when the last name to sign in with would go.
pub async fn update(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    wanted: PersonChange,
    precondition: Precondition,
) -> Result<Account> {
    let order = Order { permission, id, precondition, reason: None };
    change(app, order, move |before, _, _| apply(&wanted, before)).await
}

/// Deletes an account: its sessions end and its names are free at once; its rows follow by a durable job.
///
/// # Errors
/// `account.not_found`, `precondition.failed`, `account.last_admin`.
pub async fn delete(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    precondition: Precondition,
) -> Result<()> {
    let (shared, caller) = (Arc::clone(app), permission.caller().clone());
    let deleted = app.db.write(move |writer| {
        let account = found(writer, id, shared.now())?;
        precondition.demand(account.version)?;
        let event = Event::by(permission.caller(), EventKind::AccountDeleted, account.id);
        remove(&shared, writer, &account, event)?;
        // Last, behind the lock of the administrators: another one may have been faster, and then nothing of this stands.
        demand_still(&shared, writer, &permission).map(drop)
    });
    deleted.await.inspect_err(|error| note_refusal::<ManagesPeople>(app, error, &caller, id))
}

/// Ends all sessions of an account; how many there were.
///
/// # Errors
/// `account.not_found`.
pub async fn end_sessions(app: &Arc<App>, permission: ManagesPeople, id: Option<Id>) -> Result<usize> {
    let (shared, caller) = (Arc::clone(app), permission.caller().clone());
    let ended = app.db.write(move |writer| {
        let account = found(writer, id, shared.now())?;
        demand_still(&shared, writer, &permission)?;
        let reason = EndReason::Administrator;
        let ended = sessions::end_all(&shared, writer, account.key, None, reason)?;
        for session in &ended {
            let event = Event::by(permission.caller(), EventKind::SessionEnded, account.id);
            let detail = json!({ "session": session, "reason": reason.as_str() });
            audit::record(&shared, writer, &event.with(detail))?;
        }
        Ok(ended.len())
    });
    ended.await.inspect_err(|error| note_refusal::<ManagesPeople>(app, error, &caller, id))
}

/// Gives an account another password: all its sessions end.
///
/// # Errors
/// `account.not_found`.
pub async fn set_password(
    app: &Arc<App>,
    permission: ManagesPeople,
    id: Option<Id>,
    password: SecretString,
) -> Result<()> {
    let PasswordHash(hash) = app.hasher.hash(password).await?;
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let now = shared.now();
            let before = found(writer, id, now)?;
            demand_still(&shared, writer, &permission)?;
            if !store::update_password(writer, &before, &hash, now)? {
                return Err(writer.overtaken().into());
            }
            let ended =
                sessions::end_all(&shared, writer, before.key, None, EndReason::PasswordChanged)?.len();
            let event = Event::by(permission.caller(), EventKind::PasswordChanged, before.id);
            audit::record(&shared, writer, &event.with(json!({ "ended_sessions": ended })))?;
            let (index, key) = (Arc::clone(&shared.index), before.key);
            writer.after_commit(move || index.invalidate_account(key));
            Ok(())
        })
        .await
}
