//! Wrong passwords: every attempt is counted in the database before its hash begins, and forgiven when it was right.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::model::{self, Failures, Guesser, Subject};
use super::store;
use crate::app::App;
use crate::base::{Error, Id, Origin, Result, Timestamp, codes};
use crate::db::{self, OnConstraint, Reader, Writer};
use crate::resources::audit::{self, Event, EventKind};
use crate::security::{AddressBlock, Notice};

/// For how long a device is known after a sign-in.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);
/// How old the mark of a known device may be before a sign-in writes it again.
const MARK_AGE: Duration = Duration::from_hours(24);
/// How many devices of one account are known; of more, the oldest are forgotten.
const MOST_DEVICES: i64 = 100;
/// How many names and devices are remembered as guessed at; of more, those that rested longest are forgotten.
const MOST_SUBJECTS: i64 = 200_000;
/// How often a count is begun again when somebody else made the row first.
const ATTEMPTS: usize = 10;

/// An attempt to show a password, counted as a failure until it is forgiven.
#[derive(Clone, Copy, Debug)]
pub struct Attempt(Option<Counted>);

#[derive(Clone, Copy, Debug)]
struct Counted {
    subject: Subject,
    device: Option<Device>,
}

/// The device of a sign-in.
#[derive(Clone, Copy, Debug)]
struct Device {
    address: AddressBlock,
    known: bool,
    /// Whether its mark is of the current key set and of today.
    fresh: bool,
}

/// Counts an attempt to sign in with this folded login name, which an account has or none. Both take the same steps.
///
/// # Errors
/// `limits.too_many_attempts` while a delay runs: nothing may be learned about the password then.
pub async fn begin_sign_in(
    app: &Arc<App>,
    name: &str,
    account: Option<(i64, Id)>,
    origin: &Origin,
) -> Result<Attempt> {
    if !app.limits.enabled() {
        return Ok(Attempt(None));
    }
    let address = AddressBlock::of(origin.address);
    let (shared, name) = (Arc::clone(app), name.to_owned());
    // No account has the key 0: a name that nobody has is looked up like any other.
    let key = account.map_or(0, |(key, _)| key);
    let looked_up = app.db.read(move |reader| {
        let device = find_device(&shared, reader, key, address)?;
        let current = shared.keys.current();
        let guesser = if device.known { Guesser::Known(&name, address) } else { Guesser::Stranger(&name) };
        let subject = guesser.subject(&current);
        Ok((device, subject, store::find(reader, &subject)?))
    });
    let (device, subject, failures) = looked_up.await?;
    let id = account.map(|(_, id)| id);
    let refused = |wait| refuse(app, EventKind::SessionRefused, &subject, id, origin, wait);
    count(app, subject, failures, Some(device)).await?.map_err(refused)
}

/// Counts an attempt of a signed-in caller to confirm its account's password.
///
/// # Errors
/// `limits.too_many_attempts` while a delay runs.
pub async fn begin_confirmation(app: &Arc<App>, account: Id, origin: &Origin) -> Result<Attempt> {
    if !app.limits.enabled() {
        return Ok(Attempt(None));
    }
    let subject = Guesser::SignedIn(account).subject(&app.keys.current());
    let failures = app.db.read(move |reader| Ok(store::find(reader, &subject)?)).await?;
    let refused = |wait| refuse(app, EventKind::PasswordRefused, &subject, Some(account), origin, wait);
    count(app, subject, failures, None).await?.map_err(refused)
}

fn find_device(
    app: &App,
    reader: &mut Reader<'_>,
    account: i64,
    address: AddressBlock,
) -> db::Result<Device> {
    let (now, current) = (app.now(), app.keys.current());
    let mut device = Device { address, known: false, fresh: false };
    for (keys, _) in app.keys.all() {
        let seen = store::find_device(reader, account, &model::device(&keys, account, address))?;
        if let Some(seen) = seen.filter(|seen| now < seen.plus(KNOWN_FOR)) {
            device.known = true;
            device.fresh |= keys.id == current.id && now < seen.plus(MARK_AGE);
        }
    }
    Ok(device)
}

/// Counts one attempt more, unless a delay runs; then the answer is how long. Of many at once each sees those before it.
async fn count(
    app: &Arc<App>,
    subject: Subject,
    failures: Option<Failures>,
    device: Option<Device>,
) -> Result<Result<Attempt, Duration>> {
    // Whoever hammers at a closed door costs a read and no write.
    if let Some(wait) = failures.and_then(|failures| failures.wait(app.now())) {
        return Ok(Err(wait));
    }
    for _ in 0..ATTEMPTS {
        let shared = Arc::clone(app);
        let counted = app.db.write(move |writer| try_count(writer, &subject, shared.now()));
        match counted.await {
            Ok(Ok(())) => return Ok(Ok(Attempt(Some(Counted { subject, device })))),
            Ok(Err(wait)) => return Ok(Err(wait)),
            Err(error) if *error.code() == codes::STALE => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(&codes::DATABASE_UNAVAILABLE)
        .with_cause("failed attempts came faster than they could be counted"))
}

fn try_count(writer: &mut Writer<'_>, subject: &Subject, now: Timestamp) -> Result<Result<(), Duration>> {
    let before = store::find(writer, subject)?;
    if let Some(wait) = before.and_then(|before| before.wait(now)) {
        return Ok(Err(wait));
    }
    let after = Failures::and_one(before, now);
    match &before {
        None => store::insert(writer, subject, &after).or_constraint(&[(store::UNIQUE, outrun)])?,
        Some(before) => {
            if !store::update(writer, subject, before, &after)? {
                return Err(writer.overtaken().into());
            }
        }
    }
    Ok(Ok(()))
}

fn outrun() -> Error {
    Error::new(&codes::STALE)
}

fn refuse(
    app: &Arc<App>,
    kind: EventKind,
    subject: &Subject,
    account: Option<Id>,
    origin: &Origin,
    wait: Duration,
) -> Error {
    app.limits.count_delayed();
    if app.limits.noteworthy(None, Notice::Guesses(*subject)) {
        let detail = json!({ "reason": "too many wrong passwords" });
        audit::refuse(app, Event { kind, actor: None, account, ip: Some(origin.address), detail });
    }
    Error::new(&codes::TOO_MANY_ATTEMPTS).with_retry_after(wait)
}

impl Attempt {
    /// Whether the attempt came from a device that is known; `None` where that is not looked at.
    pub fn known_device(&self) -> Option<bool> {
        self.0.as_ref()?.device.map(|device| device.known)
    }

    /// Passes on what the check said. A check that did not take place counts for nothing.
    ///
    /// # Errors
    /// That of the check.
    pub fn judged(&self, app: &Arc<App>, checked: Result<bool>) -> Result<bool> {
        if let (Err(_), Some(Counted { subject, .. })) = (&checked, self.0) {
            app.db.post(move |writer| Ok(store::take_back(writer, &subject)?));
        }
        checked
    }

    /// The password was right, and nothing else is written about it: what failed before is forgiven.
    pub fn forgive(&self, app: &Arc<App>) {
        if let Some(Counted { subject, .. }) = self.0 {
            app.db.post(move |writer| Ok(store::delete(writer, &subject)?));
        }
    }

    /// The sign-in succeeded: what failed before is forgiven, and the device is known from now on. The caller's transaction has
    /// changed the account's row already.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub fn succeed(&self, app: &App, writer: &mut Writer<'_>, account: i64) -> db::Result<()> {
        let Some(counted) = &self.0 else { return Ok(()) };
        store::delete(writer, &counted.subject)?;
        let Some(device) = counted.device.filter(|device| !device.fresh) else { return Ok(()) };
        let mark = model::device(&app.keys.current(), account, device.address);
        store::upsert_device(writer, account, &mark, app.now())?;
        if !device.known
            && let Some(surplus) = store::find_surplus_device(writer, account, MOST_DEVICES)?
        {
            store::delete_surplus_devices(writer, account, surplus, &mark)?;
        }
        Ok(())
    }
}

/// Makes every device of an account a new one: one of them may be a thief's.
///
/// # Errors
/// When the database cannot take it.
pub fn forget_devices(writer: &mut Writer<'_>, account: i64) -> db::Result<()> {
    store::delete_devices(writer, account)
}

/// Removes at most `chunk` rows each of what is forgotten or too much; the number removed.
///
/// # Errors
/// When the database cannot take it.
pub async fn sweep(app: &Arc<App>, chunk: u32) -> Result<u64> {
    let now = app.now();
    app.db
        .sweep(move |writer| {
            let mut removed = store::delete_forgotten(writer, model::horizons(now), chunk)?;
            if let Some(surplus) = store::find_surplus(writer, MOST_SUBJECTS)? {
                removed += store::delete_surplus(writer, surplus, chunk)?;
            }
            Ok(removed + store::delete_old_devices(writer, now.minus(KNOWN_FOR), chunk)?)
        })
        .await
}
