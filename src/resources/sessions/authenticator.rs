//! From an access token, or a browser's cookie, to a checked caller: it says which session, the index says whether it lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use super::model::Session;
use super::{browser, service, store};
use crate::app::App;
use crate::base::{
    Actor, Authenticator, BoxFuture, Error, Id, Result, SessionKind, Status, Timestamp, codes,
};
use crate::db::Reader;
use crate::security::{AccountEntry, Flights, RefreshToken, SessionEntry, Stamp};

/// The kinds of session that access tokens are made for.
const TOKENS: [SessionKind; 2] = [SessionKind::Rotating, SessionKind::Fixed];
/// How often a session's last use is written down at most.
const LAST_USED_STEP: Duration = Duration::from_mins(1);

/// Checks callers by the session index.
pub struct SessionAuthenticator {
    app: Arc<App>,
    reads: Flights<Id, Result<Arc<Found>>>,
}

/// What a token or a cookie says, its seal checked.
struct Presented {
    session: Id,
    /// The account, where it is named.
    account: Option<Id>,
    counter: u64,
    /// The kinds of session that may be carried like this.
    kinds: &'static [SessionKind],
}

/// What the database says of a session.
struct Found {
    row: Session,
    session: Arc<SessionEntry>,
    session_stamp: Stamp,
    account: Arc<AccountEntry>,
    account_stamp: Stamp,
}

impl SessionAuthenticator {
    /// An authenticator of one application.
    pub fn new(app: Arc<App>) -> Self {
        Self { app, reads: Flights::default() }
    }

    async fn check(&self, token: &str) -> Result<Actor> {
        let app = &self.app;
        app.key_keeper.ensure().await?;
        let claims = app.tokens.verify(token, app.now())?;
        let (session, account, counter) = (claims.sid, Some(claims.sub), claims.r#gen);
        self.judge(&Presented { session, account, counter, kinds: &TOKENS }).await
    }

    async fn check_cookie(&self, cookie: &str) -> Result<Actor> {
        let app = &self.app;
        app.key_keeper.ensure().await?;
        let RefreshToken { session, counter } =
            RefreshToken::open(cookie, &app.keys).ok_or_else(|| Error::new(&codes::INVALID_TOKEN))?;
        self.judge(&Presented { session, account: None, counter, kinds: &[SessionKind::Browser] }).await
    }

    async fn judge(&self, presented: &Presented) -> Result<Actor> {
        let app = &self.app;
        let now = app.now();
        if let Some((session, account)) = app.index.find(presented.session)
            && presented.good(&session, &account, now)
        {
            return Ok(admit(app, presented, &session, &account, now));
        }
        // Unknown to the index, too old there, or not good by it: the database decides, and says why. This also covers a
        // counter above the one we know, as a rotation on another node makes it.
        let found = self.read(presented.session).await?;
        if presented.good(&found.session, &found.account, now) {
            return Ok(admit(app, presented, &found.session, &found.account, now));
        }
        Err(match found.row.ended(now) {
            Some(reason) => service::session_ended(&reason),
            None => Error::new(&codes::INVALID_TOKEN),
        })
    }

    /// What the database says now. Many requests of one session share a read; one that was under way when a request came
    /// counts for it only if nothing was invalidated since the read began, and that was not too long ago.
    async fn read(&self, id: Id) -> Result<Arc<Found>> {
        loop {
            let landed = self.reads.join(id, find(Arc::clone(&self.app), id)).await;
            let found = landed.value?;
            let index = &self.app.index;
            let holds = index.session_holds(id, found.session_stamp)
                && index.account_holds(found.row.account.key, found.account_stamp);
            if landed.own || holds {
                return Ok(found);
            }
        }
    }
}

impl Authenticator for SessionAuthenticator {
    fn authenticate<'a>(&'a self, access_token: &'a str) -> BoxFuture<'a, Result<Actor>> {
        Box::pin(self.check(access_token))
    }

    fn recognise<'a>(&'a self, cookie: &'a str) -> BoxFuture<'a, Result<Actor>> {
        Box::pin(self.check_cookie(cookie))
    }
}

impl Presented {
    fn good(&self, session: &SessionEntry, account: &AccountEntry, now: Timestamp) -> bool {
        let counter_in_force = self.counter == session.current || session.previous == Some(self.counter);
        session.end_reason.is_none()
            && now < session.expires_at
            && now < session.idle_expires_at
            && !account.deleted
            && account.status.in_force(account.disabled_until, now) == Status::Active
            && account.epoch == session.epoch
            && self.account.is_none_or(|named| account.id == named)
            && self.kinds.contains(&session.kind)
            && counter_in_force
    }
}

fn admit(
    app: &Arc<App>,
    presented: &Presented,
    session: &SessionEntry,
    account: &AccountEntry,
    now: Timestamp,
) -> Actor {
    mark_confirmed(app, presented, session, now);
    mark_used(app, presented, session, now);
    Actor { account: session.account, id: account.id, session: presented.session, role: account.role }
}

/// The first use of the newest access token shows that the reply which carried it arrived. Nobody waits for the mark: one
/// that is lost lets the previous refresh token in at most once more.
fn mark_confirmed(app: &Arc<App>, presented: &Presented, session: &SessionEntry, now: Timestamp) {
    let newest = presented.counter == session.current && session.previous.is_some();
    if !newest || session.confirmed.swap(true, Ordering::Relaxed) {
        return;
    }
    let (id, counter) = (presented.session, presented.counter);
    if !app.db.post(move |writer| Ok(store::update_confirmed(writer, id, counter, now)?)) {
        session.confirmed.store(false, Ordering::Relaxed);
    }
}

fn mark_used(app: &Arc<App>, presented: &Presented, session: &SessionEntry, now: Timestamp) {
    let before = session.last_used_at.load(Ordering::Relaxed);
    if now.since(Timestamp::from_millis(before)) < LAST_USED_STEP {
        return;
    }
    let won = session
        .last_used_at
        .compare_exchange(before, now.millis(), Ordering::Relaxed, Ordering::Relaxed)
        .is_ok();
    if !won {
        return;
    }
    let id = presented.session;
    if session.kind == SessionKind::Browser {
        browser::prolong(app, id, session.expires_at, now);
    } else {
        app.db.post(move |writer| Ok(store::update_last_used(writer, id, now)?));
    }
}

async fn find(app: Arc<App>, id: Id) -> Result<Arc<Found>> {
    let session_stamp = app.index.session_stamp(id);
    let shared = Arc::clone(&app);
    let (row, account_stamp) = app.db.read(move |reader| find_stamped(&shared, reader, id)).await?;
    let session = Arc::new(SessionEntry {
        account: row.account.key,
        kind: row.kind,
        epoch: row.epoch,
        current: row.counters.current,
        previous: row.counters.previous,
        end_reason: row.end_reason.clone(),
        idle_expires_at: row.idle_expires_at,
        expires_at: row.expires_at,
        confirmed: AtomicBool::new(row.counters.confirmed_at.is_some()),
        last_used_at: AtomicI64::new(row.last_used_at.millis()),
    });
    let account = Arc::new(AccountEntry {
        id: row.account.id,
        role: row.account.role,
        status: row.account.status,
        disabled_until: row.account.disabled_until,
        epoch: row.account.epoch,
        deleted: row.account.deleted,
    });
    app.index.fill_session(id, session_stamp, Arc::clone(&session));
    app.index.fill_account(row.account.key, account_stamp, Arc::clone(&account));
    Ok(Arc::new(Found { row, session, session_stamp, account, account_stamp }))
}

/// The session, and the stamp that its account had before it was read. Which account that is, is known for sure only
/// after a read: where the guess was wrong, the row is read again.
fn find_stamped(app: &App, reader: &mut Reader<'_>, id: Id) -> Result<(Session, Stamp)> {
    let mut guess = app.index.guess_account(id);
    loop {
        let stamp = guess.map(|account| app.index.account_stamp(account));
        let found = store::find(reader, id)?.ok_or_else(|| Error::new(&codes::INVALID_TOKEN))?;
        match stamp {
            Some(stamp) if guess == Some(found.account.key) => return Ok((found, stamp)),
            _ => guess = Some(found.account.key),
        }
    }
}
