//! The request that is being worked for, on whatever thread: its id for log lines, and where its time goes.
//!
//! Not a span of `tracing`, whose making and entering costs several times as much as what is kept here.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Stopwatch;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Trace>>> = const { RefCell::new(None) };
}

/// One request as those see it who work for it.
#[derive(Debug)]
pub struct Trace {
    request_id: String,
    /// Shorter statements are counted and not remembered.
    floor: Duration,
    work: Mutex<DatabaseWork>,
}

/// What the database did for one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseWork {
    /// How long its jobs waited for a connection, the disk's lock or each other.
    pub waited: Duration,
    /// How long its statements and commits took.
    pub worked: Duration,
    /// How many statements there were.
    pub statements: u32,
    /// The longest one, as one line with its placeholders, or `COMMIT`.
    pub slowest: Option<(String, Duration)>,
}

impl Trace {
    /// A request that nothing has been done for yet. A statement shorter than `floor` is never its slowest.
    pub fn new(request_id: &str, floor: Duration) -> Arc<Self> {
        Arc::new(Self { request_id: request_id.to_owned(), floor, work: Mutex::default() })
    }

    /// The request that this thread works for just now.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Does something with the id of the request that this thread works for just now.
    pub fn with_current_id<T>(look: impl FnOnce(Option<&str>) -> T) -> T {
        let current = Self::current();
        look(current.as_deref().map(|trace| trace.request_id.as_str()))
    }

    /// Does `work` for this request.
    pub fn enter<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        let _left = Left(CURRENT.replace(Some(Arc::clone(self))));
        work()
    }

    /// Runs a statement, and notes how long it took if it is run for a request.
    pub fn statement<T>(sql: &str, run: impl FnOnce() -> T) -> T {
        if CURRENT.with_borrow(Option::is_none) {
            return run();
        }
        let began = Stopwatch::start();
        let done = run();
        if let Some(trace) = Self::current() {
            trace.note(began.elapsed(), 1, sql);
        }
        done
    }

    /// Notes how long a commit took, from the last statement before it.
    pub fn note_commit(&self, took: Duration) {
        self.note(took, 0, "COMMIT");
    }

    /// Notes that a job waited before it ran.
    pub fn note_wait(&self, waited: Duration) {
        self.work(|work| work.waited += waited);
    }

    /// What the database has done so far.
    pub fn database_work(&self) -> DatabaseWork {
        self.work(|work| work.clone())
    }

    fn note(&self, took: Duration, statements: u32, sql: &str) {
        self.work(|work| {
            work.worked += took;
            work.statements += statements;
            let longest = work.slowest.as_ref().map_or(Duration::ZERO, |(_, longest)| *longest);
            if took >= self.floor && took > longest {
                let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
                work.slowest = Some((line, took));
            }
        });
    }

    fn work<T>(&self, look: impl FnOnce(&mut DatabaseWork) -> T) -> T {
        look(&mut self.work.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Puts back what the thread worked for before, also after a panic.
struct Left(Option<Arc<Trace>>);

impl Drop for Left {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current_id() -> Option<String> {
        Trace::with_current_id(|id| id.map(str::to_owned))
    }

    #[test]
    fn a_thread_works_for_one_request_at_a_time_and_then_for_none() {
        let (outer, inner) = (Trace::new("outer", Duration::ZERO), Trace::new("inner", Duration::ZERO));
        outer.enter(|| {
            let panicked = std::panic::catch_unwind(|| inner.enter(|| panic!("on purpose")));
            assert!(panicked.is_err());
            assert_eq!(current_id().as_deref(), Some("outer"));
        });
        assert_eq!(current_id(), None);
    }

    #[test]
    fn the_longest_statement_is_remembered_on_one_line() {
        let trace = Trace::new("a", Duration::from_millis(2));
        let millis = Duration::from_millis;
        trace.note(millis(1), 1, "SELECT 1");
        assert_eq!(trace.database_work().slowest, None, "too short to matter");
        trace.note(millis(5), 1, "SELECT a\n     FROM b");
        trace.note(millis(3), 1, "SELECT c");
        trace.note_commit(millis(4));
        trace.note_wait(millis(7));
        let work = trace.database_work();
        assert_eq!(work.slowest, Some(("SELECT a FROM b".into(), millis(5))));
        assert_eq!((work.statements, work.worked, work.waited), (3, millis(13), millis(7)));
    }
}
