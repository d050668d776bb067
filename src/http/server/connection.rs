//! One connection from the TLS handshake to its end.

use std::{future::poll_fn, net::SocketAddr, pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::Router;
use hyper::server::conn::{http1, http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::{
    Limits, Refuse, Scheme, Tls,
    deadlines::{Deadlines, Step},
    draining::Draining,
    pace::{Pace, Protocol},
    refusal::Refusal,
    service::Entrance,
    stream::PacedStream,
};

const HTTP2_MAX_CONCURRENT_STREAMS: u32 = 128;
const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(20);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams a client may open and reset before they were accepted, and resets its errors may make us send,
/// before the connection ends with `ENHANCE_YOUR_CALM` (rapid reset, CVE-2023-44487).
const HTTP2_MAX_PENDING_RESETS: usize = 20;
const HTTP2_MAX_ERROR_RESETS: usize = 128;

/// hyper parses this many header fields on the stack, and allocates for each request once told a number.
const HYPER_DEFAULT_MAX_HEADERS: usize = 100;

/// What all connections of a server share.
pub(super) struct Server {
    pub(super) limits: Limits,
    pub(super) draining: Arc<Draining>,
    router: Router,
    refuse: Refuse,
    tls: Option<Tls>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Server {
    pub(super) fn new(router: Router, refuse: Refuse, tls: Option<Tls>, limits: Limits) -> Self {
        let mut http1 = http1::Builder::new();
        http1.header_read_timeout(None).max_header_size(limits.max_header_bytes);
        if limits.max_headers != HYPER_DEFAULT_MAX_HEADERS {
            http1.max_headers(limits.max_headers);
        }
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.max_header_bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(HTTP2_MAX_CONCURRENT_STREAMS)
            .max_pending_accept_reset_streams(HTTP2_MAX_PENDING_RESETS)
            .max_local_error_reset_streams(HTTP2_MAX_ERROR_RESETS)
            .keep_alive_interval(HTTP2_PING_INTERVAL)
            .keep_alive_timeout(HTTP2_PING_TIMEOUT);
        Self { limits, draining: Arc::default(), router, refuse, tls, http1, http2 }
    }

    /// Serves one client until it or the server ends the connection.
    pub(super) async fn attend(self: Arc<Self>, socket: TcpStream, peer: SocketAddr) {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%peer, %error, "the client left at once");
            return;
        }
        let Some(tls) = &self.tls else {
            return self.serve_http1(socket, peer, Scheme::Http).await;
        };
        match timeout(self.limits.header_read_timeout, tls.accept(socket)).await {
            Ok(Ok((stream, Protocol::Http1))) => self.serve_http1(stream, peer, Scheme::Https).await,
            Ok(Ok((stream, Protocol::Http2))) => self.serve_http2(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "the TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "the client did not finish the TLS handshake in time"),
        }
    }

    async fn serve_http1<S>(&self, stream: S, peer: SocketAddr, scheme: Scheme)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let pace = self.pace(Protocol::Http1);
        let entrance = Entrance::new(self.router.clone(), peer, scheme, Arc::clone(&pace));
        let refusal = Refusal::new(Arc::clone(&self.refuse), peer);
        let stream = TokioIo::new(PacedStream::new(stream, Arc::clone(&pace), refusal));
        self.drive(self.http1.serve_connection(stream, entrance), &pace, peer).await;
    }

    async fn serve_http2<S>(&self, stream: S, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let pace = self.pace(Protocol::Http2);
        let entrance = Entrance::new(self.router.clone(), peer, Scheme::Https, Arc::clone(&pace));
        let refusal = Refusal::new(Arc::clone(&self.refuse), peer);
        let stream = TokioIo::new(PacedStream::new(stream, Arc::clone(&pace), refusal));
        self.drive(self.http2.serve_connection(stream, entrance), &pace, peer).await;
    }

    fn pace(&self, protocol: Protocol) -> Arc<Pace> {
        Arc::new(Pace::new(protocol, Arc::clone(&self.draining)))
    }

    /// Polls a connection, holds the client to its deadlines, and takes leave when one or the shutdown says
    /// so.
    ///
    /// Neither the shutdown's signal nor the timer is polled with every poll of the connection, both would
    /// take locks: the signal is registered once, for a task's waker does not change, and the timer only when
    /// a deadline lies before it. A timer that fires early finds a later deadline and is set again.
    async fn drive<C>(&self, connection: C, pace: &Pace, peer: SocketAddr)
    where
        C: GracefulConnection,
        C::Error: std::fmt::Display,
    {
        let mut connection = pin!(connection);
        let mut shutdown_begins = pin!(self.draining.beginning());
        let mut listens_for_shutdown = false;
        let mut deadlines = Deadlines::new(&self.limits, Instant::now());
        let mut alarm = pin!(sleep(Duration::MAX));
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                    if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "the connection ended with an error");
                    }
                    return Poll::Ready(());
                }
                if !listens_for_shutdown {
                    listens_for_shutdown = true;
                    let _ = shutdown_begins.as_mut().poll(cx);
                }
                match deadlines.step(pace, Instant::now()) {
                    Step::Leave => {
                        pace.note_leaving();
                        connection.as_mut().graceful_shutdown();
                    }
                    Step::Cut(reason) => {
                        tracing::debug!(%peer, reason, "the connection was cut");
                        return Poll::Ready(());
                    }
                    Step::Wait(Some(due)) if due < alarm.deadline() || alarm.is_elapsed() => {
                        alarm.as_mut().reset(due);
                        if alarm.as_mut().poll(cx).is_pending() {
                            return Poll::Pending;
                        }
                    }
                    Step::Wait(_) => return Poll::Pending,
                }
            }
        })
        .await;
    }
}
