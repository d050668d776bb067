//! What is going on on one connection, noted by its stream, its requests and their bodies.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use super::draining::Draining;

/// The protocol a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// An HTTP/2 write of this size or less may be a PING, an acknowledgement or a window update, which also flow
/// while a client leaves its answer unread.
const HTTP2_CHATTER_BYTES: usize = 64;

/// The notes about one connection.
///
/// Nearly all of them are written and read by the connection's own task; an HTTP/2 stream has a task beside
/// it, and so may have a body. No note guards another one, so that relaxed ordering is enough.
pub(super) struct Pace {
    pub(super) protocol: Protocol,
    pub(super) draining: Arc<Draining>,
    moved: AtomicBool,
    head_begun: AtomicBool,
    write_blocked: AtomicBool,
    body_left_unread: AtomicBool,
    lingering: AtomicBool,
    request_came: AtomicBool,
    requests: AtomicUsize,
    bodies_awaiting_client: AtomicUsize,
}

impl Pace {
    pub(super) fn new(protocol: Protocol, draining: Arc<Draining>) -> Self {
        Self {
            protocol,
            draining,
            moved: AtomicBool::new(false),
            head_begun: AtomicBool::new(false),
            write_blocked: AtomicBool::new(false),
            body_left_unread: AtomicBool::new(false),
            lingering: AtomicBool::new(false),
            request_came: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            bodies_awaiting_client: AtomicUsize::new(0),
        }
    }

    pub(super) fn note_read(&self) {
        if self.protocol == Protocol::Http1 {
            self.head_begun.store(true, Relaxed);
            self.note_moved();
        }
    }

    pub(super) fn note_written(&self, bytes: usize) {
        self.write_blocked.store(false, Relaxed);
        if self.protocol == Protocol::Http1 || bytes > HTTP2_CHATTER_BYTES {
            self.note_moved();
        }
    }

    pub(super) fn note_write_blocked(&self, blocked: bool) {
        self.write_blocked.store(blocked, Relaxed);
    }

    pub(super) fn note_moved(&self) {
        self.moved.store(true, Relaxed);
    }

    pub(super) fn note_body_left_unread(&self) {
        self.body_left_unread.store(true, Relaxed);
    }

    /// The server takes leave. A connection that is idle then has nothing under way, whatever went before.
    pub(super) fn note_leaving(&self) {
        if !self.is_answering() {
            self.body_left_unread.store(false, Relaxed);
        }
    }

    pub(super) fn note_lingering(&self) {
        self.lingering.store(true, Relaxed);
    }

    /// Whether something has moved since this was last asked.
    pub(super) fn take_moved(&self) -> bool {
        take(&self.moved)
    }

    /// Whether a request has come since this was last asked.
    pub(super) fn take_request_came(&self) -> bool {
        take(&self.request_came)
    }

    /// HTTP/1: bytes have come that belong to no request yet.
    pub(super) fn is_head_begun(&self) -> bool {
        self.head_begun.load(Relaxed)
    }

    /// The client has not taken what was to be written.
    pub(super) fn is_write_blocked(&self) -> bool {
        self.write_blocked.load(Relaxed)
    }

    /// The answer is out, and what the client still sends is being thrown away.
    pub(super) fn is_lingering(&self) -> bool {
        self.lingering.load(Relaxed)
    }

    /// A request has come whose answer is not yet complete.
    pub(super) fn is_answering(&self) -> bool {
        self.requests.load(Relaxed) > 0
    }

    /// A request's body waits to be sent, or an answer's body to be taken.
    pub(super) fn awaits_client_within_body(&self) -> bool {
        self.bodies_awaiting_client.load(Relaxed) > 0
    }

    /// HTTP/1: the client was answered before it had sent all it announced, and may be sending still.
    pub(super) fn client_may_still_be_sending(&self) -> bool {
        self.protocol == Protocol::Http1
            && (self.body_left_unread.load(Relaxed) || (self.is_head_begun() && !self.is_answering()))
    }
}

/// A note made between the two steps is not lost: it is about this very moment.
fn take(note: &AtomicBool) -> bool {
    note.load(Relaxed) && {
        note.store(false, Relaxed);
        true
    }
}

/// One body's share in the notes: whether it waits for the client.
pub(super) struct ClientTurn {
    pace: Arc<Pace>,
    awaited: bool,
}

impl ClientTurn {
    pub(super) fn new(pace: &Arc<Pace>) -> Self {
        Self { pace: Arc::clone(pace), awaited: false }
    }

    pub(super) fn set(&mut self, awaited: bool) {
        if self.awaited != awaited {
            self.awaited = awaited;
            if awaited {
                self.pace.bodies_awaiting_client.fetch_add(1, Relaxed);
            } else {
                self.pace.bodies_awaiting_client.fetch_sub(1, Relaxed);
            }
        }
    }

    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }
}

impl Drop for ClientTurn {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// One request's share in the notes, from its head to the last byte of its answer's body.
pub(super) struct RequestMark {
    pub(super) client_turn: ClientTurn,
}

impl RequestMark {
    pub(super) fn new(pace: &Arc<Pace>) -> Self {
        pace.request_came.store(true, Relaxed);
        pace.head_begun.store(false, Relaxed);
        pace.body_left_unread.store(false, Relaxed);
        pace.requests.fetch_add(1, Relaxed);
        pace.note_moved();
        Self { client_turn: ClientTurn::new(pace) }
    }

    pub(super) fn pace(&self) -> &Pace {
        self.client_turn.pace()
    }
}

impl Drop for RequestMark {
    fn drop(&mut self) {
        let pace = self.pace();
        pace.requests.fetch_sub(1, Relaxed);
        pace.head_begun.store(false, Relaxed);
        pace.note_moved();
    }
}
