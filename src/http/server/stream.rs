//! The stream below hyper: notes what moves, and takes leave without losing the last answer.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{pace::Pace, refusal::Refusal};

/// A socket, or TLS above one, that notes in a connection's pace what moves on it.
pub(super) struct PacedStream<S> {
    inner: S,
    pace: Arc<Pace>,
    refusal: Refusal,
    write_side_closed: bool,
}

impl<S> PacedStream<S> {
    pub(super) fn new(inner: S, pace: Arc<Pace>, refusal: Refusal) -> Self {
        Self { inner, pace, refusal, write_side_closed: false }
    }

    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(bytes)) => self.pace.note_written(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pace.note_write_blocked(true),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pace.note_read();
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.pace.is_answering() && self.refusal.takes(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.pace.is_answering()
            && let [head, rest @ ..] = slices
            && rest.iter().all(|slice| slice.is_empty())
            && self.refusal.takes(head)
        {
            return Poll::Ready(Ok(head.len()));
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { inner, refusal, .. } = &mut *self;
        let flushed = match refusal.poll_rest(inner, cx) {
            Poll::Ready(Ok(())) => Pin::new(inner).poll_flush(cx),
            unfinished => unfinished,
        };
        self.pace.note_write_blocked(flushed.is_pending());
        flushed
    }

    /// Closes the write side. A client that may still be sending is listened to until it stops: closing a
    /// socket with unread bytes resets the connection, and the reset can overtake the answer (RFC 9112, 9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.write_side_closed {
            let Self { inner, refusal, .. } = &mut *self;
            ready!(refusal.poll_rest(inner, cx))?;
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
            self.write_side_closed = true;
        }
        if self.pace.client_may_still_be_sending() {
            self.pace.note_lingering();
            let mut discarded = [MaybeUninit::uninit(); 4096];
            loop {
                let mut buffer = ReadBuf::uninit(&mut discarded);
                let read = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer));
                if read.is_err() || buffer.filled().is_empty() {
                    break;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
