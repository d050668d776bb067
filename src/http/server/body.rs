//! The bodies of a request and of its answer, noting whose turn it is to move them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::pace::{ClientTurn, Pace, RequestMark};

/// A request's body: while it is read and has nothing to give, the client's turn it is.
pub(super) struct Upload {
    incoming: Incoming,
    client_turn: ClientTurn,
    ended: bool,
}

impl Upload {
    pub(super) fn new(incoming: Incoming, pace: &Arc<Pace>) -> Self {
        Self { incoming, client_turn: ClientTurn::new(pace), ended: false }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if polled.is_ready() {
            self.client_turn.pace().note_moved();
        }
        self.client_turn.set(polled.is_pending());
        self.ended |= !matches!(polled, Poll::Pending | Poll::Ready(Some(Ok(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.ended && !self.incoming.is_end_stream() {
            self.client_turn.pace().note_body_left_unread();
        }
    }
}

/// An answer's body: a frame that is not the last one has to be taken before hyper asks for the next, and
/// that is up to the client; a frame that is not there yet is up to the handler.
pub(super) struct Download {
    body: Body,
    mark: RequestMark,
}

impl Download {
    pub(super) fn new(body: Body, mark: RequestMark) -> Self {
        Self { body, mark }
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.mark.client_turn.set(false);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.mark.pace().note_moved();
        let awaits_client = frame.is_some();
        self.mark.client_turn.set(awaits_client);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
