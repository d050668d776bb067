//! The outbox: what other modules ask of mails.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value as Json;
use tokio::sync::Notify;

use super::setup::Setup;
use super::store::{self, NewMail};
use super::worker::Trouble;
use super::{Problem, Template, Templates, Transport, Watch};
use crate::base::{BoxFuture, Clock, Id, Randomness, Result, Timestamp};
use crate::config;
use crate::db::{self, Db, Writer};

/// What shows that somebody read a mail: made from a server key and the row's id at the moment of sending, so that it
/// stands nowhere before.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// For a link.
    pub token: String,
    /// For people to type.
    pub code: String,
}

/// What mails are made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// The settings as they stand.
    pub settings: config::Mail,
    /// What they come to.
    pub setup: Setup,
    /// Makes the proof of a mail, by what the mail is about and its row's id.
    pub prove: Box<dyn Fn(Template, Id) -> Proof + Send + Sync>,
    /// Makes sure that proofs are made with the keys that are in force.
    pub refresh: Box<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>,
}

/// The id of no mail.
const NOBODY: Id = Id::from_bytes([0; 16]);

/// The outbox of one running Portcullis.
pub struct Mail {
    pub(super) db: Db,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Randomness>,
    pub(super) settings: config::Mail,
    pub(super) setup: Setup,
    pub(super) prove: Box<dyn Fn(Template, Id) -> Proof + Send + Sync>,
    pub(super) refresh: Box<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>,
    pub(super) due: Notify,
    pub(super) stopping: AtomicBool,
    pub(super) trouble: Trouble,
}

/// What a mail's purpose hangs on. When it changes, the mail is dropped and its proof void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The account's epoch: a new password raises it.
    pub epoch: i64,
    /// The folded address that the account has now; that it has none is as good as one.
    pub address_key: Option<String>,
}

impl Binding {
    /// What the row keeps: the address, or an empty one, which no account has.
    fn address_mark(&self) -> &str {
        self.address_key.as_deref().unwrap_or_default()
    }
}

/// A mail to be queued.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What it is about.
    pub template: Template,
    /// To whom it goes, as typed.
    pub recipient: String,
    /// The account it concerns.
    pub account: Option<i64>,
    /// What its purpose hangs on; `None` for news, which stay true.
    pub binding: Option<Binding>,
    /// What its template is filled with. Never a secret.
    pub variables: Json,
}

impl Mail {
    /// An outbox. Says in the log what is wrong with the settings.
    pub fn new(parts: Parts) -> Self {
        let Parts { db, clock, random, settings, setup, prove, refresh } = parts;
        for problem in &setup.problems {
            tracing::warn!(setting = problem.setting, "mail: {}", problem.words);
        }
        Self {
            db,
            clock,
            random,
            settings,
            setup,
            prove,
            refresh,
            due: Notify::new(),
            stopping: AtomicBool::new(false),
            trouble: Trouble::default(),
        }
    }

    /// Writes a mail in the transaction that is its cause; the worker hears of it after the commit.
    ///
    /// # Errors
    /// When the statement fails; the transaction must then fail too.
    pub fn queue(self: &Arc<Self>, writer: &mut Writer<'_>, draft: &Draft) -> db::Result<Id> {
        let id = Id::new(self.clock.as_ref(), self.random.as_ref());
        let variables = draft.variables.to_string();
        let new = NewMail {
            id,
            template: draft.template,
            recipient: &draft.recipient,
            account: draft.account,
            epoch: draft.binding.as_ref().map(|binding| binding.epoch),
            address_key: draft.binding.as_ref().map(Binding::address_mark),
            variables: &variables,
            now: self.clock.now(),
        };
        store::insert(writer, &new)?;
        let shared = Arc::clone(self);
        writer.after_commit(move || shared.wake());
        Ok(id)
    }

    /// Queues a mail, or does as if: either takes the same statements, so that nobody can tell by the time which it was.
    ///
    /// # Errors
    /// As [`Self::queue`].
    pub fn queue_alike(
        self: &Arc<Self>,
        writer: &mut Writer<'_>,
        draft: &Draft,
        wanted: bool,
    ) -> db::Result<()> {
        let id = self.queue(writer, draft)?;
        store::delete_one(writer, if wanted { NOBODY } else { id })
    }

    /// Drops the account's mails of these kinds that have not left, and voids the proofs of those that have.
    ///
    /// # Errors
    /// When the statement fails; the transaction must then fail too.
    pub fn void(&self, writer: &mut Writer<'_>, account: i64, templates: &[Template]) -> db::Result<()> {
        templates.iter().try_for_each(|template| store::void(writer, account, *template, self.clock.now()))
    }

    /// Tells the worker to look: a mail may be due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Tells the worker to finish the mail at hand and end.
    pub fn stop(&self) {
        self.stopping.store(true, std::sync::atomic::Ordering::Release);
        self.due.notify_one();
    }

    /// Queues failed mails anew, all of them or one, which may also be one that waits for its next attempt; how many.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub async fn retry(self: &Arc<Self>, id: Option<Id>) -> Result<u64> {
        let shared = Arc::clone(self);
        self.db
            .write(move |writer| {
                let now = shared.clock.now();
                let mut count = store::retry(writer, id, now)?;
                if let Some(id) = id.filter(|_| count == 0) {
                    count += u64::from(store::hurry(writer, id, now)?);
                }
                let woken = Arc::clone(&shared);
                writer.after_commit(move || woken.wake());
                Ok(count)
            })
            .await
    }

    /// Sends the operator's trial to an address here and now, past the outbox.
    ///
    /// # Errors
    /// Why it could not be sent.
    pub async fn trial(&self, recipient: &str, watch: Watch) -> Result<String, String> {
        let id = Id::new(self.clock.as_ref(), self.random.as_ref());
        let rendered =
            self.setup.templates.render(Template::Test, &Json::Null, &super::rendering::Offer::default())?;
        let now = self.clock.now();
        let letter = super::message::letter(id, now, &self.setup.sender, recipient, rendered)?;
        let mut way = self.setup.transport.connect(watch).await.map_err(|refusal| refusal.words)?;
        let answer = way.deliver(&letter).await.map_err(|refusal| refusal.words);
        way.close().await;
        answer
    }

    /// Erases variables and removes old rows, at most `chunk` each; how many rows it touched.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub async fn sweep(&self, chunk: u32) -> Result<u64> {
        let now = self.clock.now();
        let before = now.minus(self.settings.keep);
        self.db
            .sweep(move |writer| {
                Ok(store::erase_variables(writer, now, chunk)? + store::delete_old(writer, before, chunk)?)
            })
            .await
    }

    /// Removes at most `chunk` mails of a deleted account; how many.
    ///
    /// # Errors
    /// When the database cannot take it.
    pub async fn erase(&self, account: i64, chunk: u32) -> Result<u64> {
        self.db.sweep(move |writer| Ok(store::delete_of_account(writer, account, chunk)?)).await
    }

    /// Whether mails can have links.
    pub fn has_links(&self) -> bool {
        self.setup.links.is_some()
    }

    /// The way out.
    pub fn transport(&self) -> &dyn Transport {
        self.setup.transport.as_ref()
    }

    /// The templates.
    pub fn templates(&self) -> &Templates {
        &self.setup.templates
    }

    /// What is wrong with the settings.
    pub fn problems(&self) -> &[Problem] {
        &self.setup.problems
    }

    /// Since when the way out has led nowhere; `None`: it leads out, or nothing has been sent yet.
    pub fn failing_since(&self) -> Option<Timestamp> {
        self.trouble.since()
    }
}
