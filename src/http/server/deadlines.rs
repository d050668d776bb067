//! When a connection has to move, to leave, or to be cut.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Limits,
    pace::{Pace, Protocol},
};

/// How long a connection that was open when the shutdown began, or was still in the backlog, may take to
/// bring its first request.
const FIRST_REQUEST_GRACE: Duration = Duration::from_secs(1);

/// How long an idle connection is still read from when the shutdown begins: a request that is already in the
/// kernel's buffer is answered, not reset.
const IDLE_GRACE: Duration = Duration::from_millis(10);

/// How long a client that was answered early is listened to after the write side was closed.
const LINGER: Duration = Duration::from_secs(2);

/// What is to be done with a connection now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing before this time, or before something moves.
    Wait(Option<Instant>),
    /// Take leave: finish what is being answered and take nothing new.
    Leave,
    /// Give the client up.
    Cut(&'static str),
}

/// The times of one connection, from which its deadlines follow.
pub(super) struct Deadlines<'a> {
    limits: &'a Limits,
    opened_at: Instant,
    moved_at: Instant,
    has_served: bool,
    head_since: Option<Instant>,
    draining_since: Option<Instant>,
    left_at: Option<Instant>,
    lingering_since: Option<Instant>,
}

impl<'a> Deadlines<'a> {
    pub(super) fn new(limits: &'a Limits, opened_at: Instant) -> Self {
        Self {
            limits,
            opened_at,
            moved_at: opened_at,
            has_served: false,
            head_since: None,
            draining_since: None,
            left_at: None,
            lingering_since: None,
        }
    }

    /// Reads the notes as they stand `now`.
    pub(super) fn step(&mut self, pace: &Pace, now: Instant) -> Step {
        if pace.take_moved() {
            self.moved_at = now;
        }
        if pace.take_request_came() {
            self.has_served = true;
            self.head_since = None;
        }
        let (due, then) = self.pressing(pace, now);
        let leave_due = self.leave_due(pace, now);
        if due.is_some_and(|due| due <= now) {
            self.left_at = self.left_at.or((then == Step::Leave).then_some(now));
            return then;
        }
        if leave_due.is_some_and(|due| due <= now) {
            self.left_at = Some(now);
            return Step::Leave;
        }
        Step::Wait(due.into_iter().chain(leave_due).min())
    }

    /// The deadline that the client's behaviour sets, and what follows when it passes.
    fn pressing(&mut self, pace: &Pace, now: Instant) -> (Option<Instant>, Step) {
        let idle_due = self.moved_at + self.limits.idle_timeout;
        if pace.is_lingering() {
            let since = *self.lingering_since.get_or_insert(now);
            return (Some(since + LINGER), Step::Cut("kept sending after its answer"));
        }
        if pace.is_write_blocked() || (pace.is_answering() && pace.awaits_client_within_body()) {
            return (Some(idle_due), Step::Cut("stopped within a body"));
        }
        if pace.is_answering() {
            // A body read in another task wakes that one when it stalls, not this one: look again by then.
            return (Some(now + self.limits.idle_timeout), Step::Wait(None));
        }
        if pace.is_head_begun() {
            let begun_at = if self.has_served { now } else { self.opened_at };
            let since = *self.head_since.get_or_insert(begun_at);
            return (
                Some(since + self.limits.header_read_timeout),
                Step::Cut("sent no complete head in time"),
            );
        }
        match self.left_at {
            Some(left_at) => {
                let patience =
                    if self.has_served { self.limits.idle_timeout } else { self.limits.header_read_timeout };
                (Some(self.moved_at.max(left_at) + patience), Step::Cut("did not take leave"))
            }
            None if self.has_served => (Some(idle_due), Step::Leave),
            None => (Some(self.opened_at + self.limits.header_read_timeout), Step::Leave),
        }
    }

    /// When to take leave because the server shuts down.
    fn leave_due(&mut self, pace: &Pace, now: Instant) -> Option<Instant> {
        if self.left_at.is_some() || !pace.draining.has_begun() {
            return None;
        }
        let since = *self.draining_since.get_or_insert(now);
        if pace.is_answering() {
            Some(now)
        } else if pace.is_head_begun() {
            // hyper would drop the begun head; once complete, its answer closes the connection.
            None
        } else if self.has_served {
            Some(if pace.protocol == Protocol::Http2 { now } else { since + IDLE_GRACE })
        } else {
            Some(since + FIRST_REQUEST_GRACE)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::http::server::pace::RequestMark;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> Limits {
        Limits {
            max_connections: 1,
            max_header_bytes: 8192,
            max_headers: 100,
            header_read_timeout: SECOND * 10,
            idle_timeout: SECOND * 60,
            shutdown_timeout: SECOND * 30,
        }
    }

    /// The step `seconds` after a connection that has had one request was left with `happens`.
    fn step_after(happens: impl FnOnce(&Pace), seconds: u32) -> Step {
        let limits = limits();
        let pace = Arc::new(Pace::new(Protocol::Http1, Arc::default()));
        let opened_at = Instant::now();
        let mut deadlines = Deadlines::new(&limits, opened_at);
        drop(RequestMark::new(&pace));
        happens(&pace);
        deadlines.step(&pace, opened_at + SECOND * 10);
        deadlines.step(&pace, opened_at + SECOND * (10 + seconds))
    }

    #[test]
    fn an_idle_connection_takes_leave_and_a_blocked_one_is_cut() {
        assert!(matches!(step_after(|_| {}, 59), Step::Wait(Some(_))));
        assert_eq!(step_after(|_| {}, 60), Step::Leave);
        assert!(matches!(step_after(|pace| pace.note_write_blocked(true), 59), Step::Wait(Some(_))));
        assert!(matches!(step_after(|pace| pace.note_write_blocked(true), 60), Step::Cut(_)));
    }

    #[test]
    fn each_head_has_its_own_time_when_they_come_one_upon_the_other() {
        let limits = limits();
        let pace = Arc::new(Pace::new(Protocol::Http1, Arc::default()));
        let opened_at = Instant::now();
        let mut deadlines = Deadlines::new(&limits, opened_at);
        for seconds in (0..60).step_by(5) {
            drop(RequestMark::new(&pace));
            pace.note_read();
            let step = deadlines.step(&pace, opened_at + SECOND * seconds);
            assert_eq!(step, Step::Wait(Some(opened_at + SECOND * (seconds + 10))));
        }
    }

    #[test]
    fn a_begun_head_has_the_header_timeout_unless_the_last_answer_is_still_being_written() {
        let blocked_head = |pace: &Pace| {
            pace.note_read();
            pace.note_write_blocked(true);
        };
        assert!(matches!(step_after(Pace::note_read, 9), Step::Wait(Some(_))));
        assert!(matches!(step_after(Pace::note_read, 10), Step::Cut(_)));
        assert!(matches!(step_after(blocked_head, 10), Step::Wait(Some(_))));
    }
}
