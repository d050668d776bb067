//! The worker: claims due mails, sends them, and notes how it went.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::store::{self, Claimed, End};
use super::{Delivery, Fault, Mail, Refusal, Watch, backoff};
use crate::base::{Id, Result, Timestamp};

/// How many mails are claimed together.
const BATCH: i64 = 20;
/// How many mails may take their whole time before a lease ends; what is left by then is given back unsent.
const SLOW_MAILS: u32 = 4;
/// How often is looked for due mails without being told: those of nodes that died, and those that wait for a retry.
const LOOK: Duration = Duration::from_secs(5);
/// How often noting an attempt's end is tried, and the pause between: what is not noted is sent twice.
const NOTING: u32 = 5;
const NOTING_PAUSE: Duration = Duration::from_millis(500);
/// The longest refusal that is kept, in characters.
const LONGEST_WORDS: usize = 1_000;

/// Since when the way out has led nowhere.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<Option<Timestamp>>);

impl Trouble {
    pub fn since(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, trouble: Option<Timestamp>) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = since.is_some() != trouble.is_some();
        *since = trouble.and(since.or(trouble));
        changed
    }
}

/// A claim on some mails.
#[derive(Clone, Copy)]
struct Lease {
    id: Id,
    until: Timestamp,
}

impl Mail {
    /// Sends mails as they become due, until it is stopped.
    pub async fn run(self: Arc<Self>) {
        while !self.stopped() {
            if let Err(error) = self.turn().await {
                tracing::debug!(
                    cause = error.cause(),
                    "the outbox could not be looked through; it is tried again"
                );
            }
            tokio::select! {
                () = self.due.notified() => {}
                () = tokio::time::sleep(self.rest().await) => {}
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// How long nothing will be due, as far as this node knows.
    async fn rest(&self) -> Duration {
        let due = self.db.read(|reader| Ok(store::next_due(reader)?)).await;
        let due = due.ok().flatten();
        due.map_or(LOOK, |due| due.since(self.clock.now())).clamp(Duration::from_millis(100), LOOK)
    }

    /// Sends everything that is due now; how many mails it took up.
    ///
    /// # Errors
    /// When the database cannot be read or written, or the keys are not here; leases end by themselves.
    pub async fn turn(&self) -> Result<usize> {
        (self.refresh)().await?;
        let mut taken = 0;
        loop {
            let now = self.clock.now();
            let lease = Lease {
                id: Id::new(self.clock.as_ref(), self.random.as_ref()),
                until: now.plus(self.settings.timeout * SLOW_MAILS),
            };
            let claim = move |writer: &mut crate::db::Writer<'_>| {
                Ok(store::claim(writer, lease.id, now, lease.until, BATCH)?)
            };
            let claimed = self.db.write(claim).await?;
            if claimed.is_empty() || self.stopped() {
                for key in claimed {
                    self.settle(key, lease, End::Untouched).await;
                }
                return Ok(taken);
            }
            taken += claimed.len();
            self.send_all(&claimed, lease).await?;
        }
    }

    async fn send_all(&self, claimed: &[i64], lease: Lease) -> Result<()> {
        let mut way = None;
        for key in claimed {
            let key = *key;
            let latest = lease.until.minus(self.settings.timeout * 2);
            if self.stopped() || self.clock.now() > latest {
                self.settle(key, lease, End::Untouched).await;
                continue;
            }
            let row = self.db.read(move |reader| Ok(store::find_claimed(reader, key, lease.id)?)).await?;
            let Some(row) = row else { continue };
            if row.lapsed {
                tracing::debug!(mail = %row.id, template = row.template, "the purpose of a mail has lapsed");
                self.settle(key, lease, End::Dropped).await;
                continue;
            }
            let outcome = self.send(&mut way, &row).await;
            self.conclude(&row, lease, outcome).await;
        }
        if let Some(Ok(mut way)) = way {
            way.close().await;
        }
        Ok(())
    }

    /// Sends one mail over the way of its batch, which is opened for the first one that needs it. Where that fails, the
    /// others of the batch are not kept waiting for the same.
    async fn send(
        &self,
        way: &mut Option<Result<Box<dyn Delivery>, Refusal>>,
        row: &Claimed,
    ) -> Result<String, Refusal> {
        let letter = self.compose(row)?;
        if way.is_none() {
            *way = Some(self.setup.transport.connect(silent()).await);
        }
        let outcome = match way {
            Some(Ok(open)) => open.deliver(&letter).await,
            Some(Err(refusal)) => Err(refusal.clone()),
            None => Err(Refusal::way("no way was opened")),
        };
        match &outcome {
            Err(refusal) if refusal.fault == Fault::Way => {
                if self.trouble.note(Some(self.clock.now())) {
                    // What is said of a mail may name its recipient, and no log line holds an address.
                    let opened = matches!(way, Some(Ok(_)));
                    let words = if opened { status_of(&refusal.words) } else { &refusal.words };
                    tracing::warn!(words, "mails cannot be sent at the moment; they wait");
                }
                // Behind a broken connection the next mail may fare better on a new one.
                if matches!(way, Some(Ok(_))) {
                    *way = None;
                }
            }
            _ => {
                if self.trouble.note(None) {
                    tracing::info!("mails can be sent again");
                }
            }
        }
        outcome
    }

    async fn conclude(&self, row: &Claimed, lease: Lease, outcome: Result<String, Refusal>) {
        let now = self.clock.now();
        let id = row.id;
        match outcome {
            Ok(_) => {
                tracing::info!(mail = %id, template = row.template, "mail sent");
                self.settle(row.key, lease, End::Sent { erase_at: now.plus(self.settings.erase_after) })
                    .await;
            }
            Err(Refusal { fault, words }) => {
                let words: String = words.chars().take(LONGEST_WORDS).collect();
                let mut random = [0; 4];
                self.random.fill(&mut random);
                let at = now.plus(backoff::pause(row.attempts, u32::from_le_bytes(random)));
                let end = if fault == Fault::Never || at.since(row.queued_at) > self.settings.retry_for {
                    // What servers say of a recipient often names it, and no log line holds an address.
                    tracing::warn!(mail = %id, template = row.template, "a mail was given up; see: portcullis mail show");
                    End::Failed { words }
                } else {
                    tracing::debug!(mail = %id, template = row.template, "a mail waits for another attempt");
                    End::Again { at, words }
                };
                self.settle(row.key, lease, end).await;
            }
        }
    }

    async fn settle(&self, key: i64, lease: Lease, end: End) {
        let end = Arc::new(end);
        for attempt in 1..=NOTING {
            let (end, now) = (Arc::clone(&end), self.clock.now());
            let noted =
                self.db.write(move |writer| Ok(store::settle(writer, key, lease.id, now, &end)?)).await;
            match noted {
                Ok(true) => return,
                Ok(false) => {
                    return tracing::debug!("a mail was dropped or claimed by another node meanwhile");
                }
                Err(error) if attempt == NOTING => {
                    tracing::warn!(
                        cause = error.cause(),
                        "how an attempt to send a mail ended could not be noted; it is sent again when its lease ends"
                    );
                }
                Err(_) => tokio::time::sleep(NOTING_PAUSE).await,
            }
        }
    }
}

/// The code that a server's answer begins with.
fn status_of(words: &str) -> &str {
    let code = words.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    code.unwrap_or("the connection broke")
}

fn silent() -> Watch {
    Arc::new(|_| {})
}
