//! A closure on its way to a connection: handed in once, run as often as needed, answered once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::connection::{Connection, Effect, Writer};
use super::ticket::Ticket;
use super::{Error, Result};
use crate::base::{self, Stopwatch, Trace};

/// What a job asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A short, indexed read.
    Read,
    /// A wide read of one snapshot.
    Scan,
    /// A transaction that somebody waits for.
    Write,
    /// A transaction of many statements, such as the removal of old rows, that may take its time.
    Sweep,
}

/// How one run of a closure went. What it returned stays with the job.
#[derive(Debug)]
pub(super) enum Ran {
    /// It returned a value, and no statement failed: its transaction may be committed.
    Done,
    /// It returned an error, perhaps because of the statement that failed first.
    Refused(Option<Error>),
    /// It returned a value although a statement had failed.
    Swallowed(Error),
    /// It panicked: whatever state its connection is in, it was not left on purpose.
    Panicked,
}

impl Ran {
    /// How a job ends that nothing but its closure decides about.
    pub(super) fn into_outcome(self) -> Outcome {
        match self {
            Self::Done => Outcome::Committed,
            // The closure has made the better error of a violation; what befell the engine concerns all alike.
            Self::Refused(None | Some(Error::Constraint(_) | Error::Internal(_))) => Outcome::Refused,
            Self::Refused(Some(error)) | Self::Swallowed(error) => Outcome::RolledBack(error),
            Self::Panicked => Outcome::RolledBack(Error::Internal("a database job panicked".into())),
        }
    }
}

/// How a job ends.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Its changes stand.
    Committed,
    /// The commit failed in a way that leaves open whether its changes stand.
    Unknown(Error),
    /// Its changes do not stand; the caller gets what the closure refused with.
    Refused,
    /// Its changes do not stand, for a reason that is not the closure's own.
    RolledBack(Error),
}

/// A closure whose types are forgotten.
pub(super) trait Job: Send {
    /// Takes the job up; `false` when its caller has gone.
    fn begin(&self) -> bool;
    /// Runs the closure once; value and effects of an earlier run are dropped.
    fn run(&mut self, connection: &mut dyn Connection) -> Ran;
    /// Applies or drops the effects.
    fn settle(&mut self, outcome: &Outcome);
    /// Answers, after the effects.
    fn finish(self: Box<Self>, outcome: Outcome);
}

/// What stands in the queue of a thread.
pub(super) enum Message<T = Box<dyn Job>> {
    /// Something to do.
    Job(T),
    /// The last message that one thread takes.
    Close,
}

/// The caller's end of a job. Dropping it gives the job up, unless it has begun.
pub(super) struct Waiting<T> {
    ticket: Ticket,
    answer: oneshot::Receiver<base::Result<T>>,
}

impl<T> Waiting<T> {
    /// Waits for the answer; a job that has not begun within `patience` is given up.
    pub(super) async fn answer(mut self, patience: Duration) -> base::Result<T> {
        if let Ok(answered) = self.answer.try_recv() {
            return answered;
        }
        let answered = match tokio::time::timeout(patience, &mut self.answer).await {
            Ok(answered) => answered,
            Err(_) if self.ticket.give_up() => {
                if let Some(trace) = Trace::current() {
                    trace.note_wait(patience);
                }
                let cause = format!("the database did not begin the job within {patience:?}");
                return Err(Error::Unavailable(cause).into());
            }
            Err(_) => (&mut self.answer).await,
        };
        answered.map_err(|_| base::Error::from(Error::Unavailable("the database has been closed".into())))?
    }
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        self.ticket.give_up();
    }
}

/// A closure, and what its last run left.
pub(super) struct Work<T, F> {
    closure: F,
    returned: Option<base::Result<T>>,
    effects: Vec<Effect>,
}

/// A [`Job`] that still knows its closure.
struct Typed<T, F> {
    work: Work<T, F>,
    ticket: Ticket,
    /// `None` when nobody waits.
    answer: Option<oneshot::Sender<base::Result<T>>>,
    /// `None` when it serves no request.
    service: Option<Service>,
}

/// A job's part in the request that it serves.
struct Service {
    request: Arc<Trace>,
    /// Since it was handed in; `None` once it has run.
    queued: Option<Stopwatch>,
    /// Since its last run ended; `None` before, and once its end is noted.
    ran: Option<Stopwatch>,
}

impl Service {
    fn begin() -> Option<Self> {
        let request = Trace::current()?;
        Some(Self { request, queued: Some(Stopwatch::start()), ran: None })
    }

    fn note_wait(&mut self) {
        if let Some(queued) = self.queued.take() {
            self.request.note_wait(queued.elapsed());
        }
    }

    /// A job that ended without having run has only waited.
    fn note_end(&mut self, outcome: &Outcome) {
        self.note_wait();
        if let Some(ran) = self.ran.take()
            && matches!(outcome, Outcome::Committed | Outcome::Unknown(_))
        {
            self.request.note_commit(ran.elapsed());
        }
    }
}

/// Works for the request that a job serves, if it serves one.
fn serving<T>(service: Option<&Service>, work: impl FnOnce() -> T) -> T {
    match service {
        Some(service) => service.request.enter(work),
        None => work(),
    }
}

/// A job whose caller waits for its answer.
pub(super) fn awaited<T, F>(closure: F) -> (Box<dyn Job>, Waiting<T>)
where
    T: Send + 'static,
    F: Fn(&mut Writer<'_>) -> base::Result<T> + Send + 'static,
{
    let ticket = Ticket::new();
    let (answer, wait) = oneshot::channel();
    let waiting = Waiting { ticket: ticket.clone(), answer: wait };
    let service = Service::begin();
    (Box::new(Typed { work: Work::new(closure), ticket, answer: Some(answer), service }), waiting)
}

/// A job that nobody waits for.
pub(super) fn posted<F>(closure: F) -> Box<dyn Job>
where
    F: Fn(&mut Writer<'_>) -> base::Result<()> + Send + 'static,
{
    let service = Service::begin();
    Box::new(Typed { work: Work::new(closure), ticket: Ticket::new(), answer: None, service })
}

impl<T, F> Work<T, F>
where
    F: Fn(&mut Writer<'_>) -> base::Result<T>,
{
    pub(super) fn new(closure: F) -> Self {
        Self { closure, returned: None, effects: Vec::new() }
    }

    /// Runs the closure once; value and effects of an earlier run are dropped.
    pub(super) fn run(&mut self, connection: &mut dyn Connection) -> Ran {
        self.returned = None;
        self.effects.clear();
        let mut writer = Writer::new(connection, &mut self.effects);
        let Ok(returned) = catch_unwind(AssertUnwindSafe(|| (self.closure)(&mut writer))) else {
            return Ran::Panicked;
        };
        let failed = writer.into_failed();
        let refused = returned.is_err();
        self.returned = Some(returned);
        match failed {
            failed if refused => Ran::Refused(failed),
            Some(error) => Ran::Swallowed(error),
            None => Ran::Done,
        }
    }

    /// Applies or drops the effects.
    fn settle(&mut self, outcome: &Outcome) {
        let effects = std::mem::take(&mut self.effects);
        if matches!(outcome, Outcome::Committed | Outcome::Unknown(_)) {
            apply(effects);
        }
    }

    /// Applies or drops the effects; what the caller is answered.
    pub(super) fn conclude(mut self, outcome: Outcome) -> base::Result<T> {
        self.settle(&outcome);
        let Self { closure, returned, .. } = self;
        // It may hold the last handle of the application, which must not end on a thread that it waits for.
        drop(closure);
        match outcome {
            Outcome::Committed => returned.unwrap_or_else(|| Err(never_ran())),
            Outcome::Refused => Err(returned.and_then(base::Result::err).unwrap_or_else(never_ran)),
            Outcome::Unknown(error) | Outcome::RolledBack(error) => Err(error.into()),
        }
    }
}

impl<T, F> Job for Typed<T, F>
where
    T: Send,
    F: Fn(&mut Writer<'_>) -> base::Result<T> + Send,
{
    fn begin(&self) -> bool {
        self.ticket.begin()
    }

    fn run(&mut self, connection: &mut dyn Connection) -> Ran {
        if let Some(service) = &mut self.service {
            service.note_wait();
        }
        let ran = serving(self.service.as_ref(), || self.work.run(connection));
        if let Some(service) = &mut self.service {
            service.ran = Some(Stopwatch::start());
        }
        ran
    }

    fn settle(&mut self, outcome: &Outcome) {
        if let Some(service) = &mut self.service {
            service.note_end(outcome);
        }
        self.work.settle(outcome);
    }

    fn finish(mut self: Box<Self>, outcome: Outcome) {
        if let Some(service) = &mut self.service {
            service.note_end(&outcome);
        }
        let Self { work, answer, service, .. } = *self;
        match (answer, work.conclude(outcome)) {
            // The caller may have gone meanwhile; the work stands all the same.
            (Some(answer), answered) => drop(answer.send(answered)),
            (None, Err(error)) => serving(service.as_ref(), || {
                tracing::warn!(code = error.code().name, cause = error.cause(), "a posted write failed");
            }),
            (None, Ok(_)) => {}
        }
    }
}

fn never_ran() -> base::Error {
    base::Error::internal("a database job was answered before it ran")
}

fn apply(effects: Vec<Effect>) {
    for effect in effects {
        // A panicking effect must take neither the others nor the thread with it; the panic itself is reported.
        catch_unwind(AssertUnwindSafe(effect)).ok();
    }
}

/// What a full queue, or one that nobody serves any more, answers.
pub(super) fn refused(full: bool) -> Result<()> {
    let cause = if full { "the queue of the database is full" } else { "the database has been closed" };
    Err(Error::Unavailable(cause.into()))
}
