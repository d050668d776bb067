//! The connection layer: everything between a listening socket and the router.
//!
//! `accept` lets connections in and, when the server shuts down, waits for them to leave. `connection`
//! carries one of them from the TLS handshake to its end. What happens on it is noted in its `pace`, by the
//! `stream` below hyper and by the requests and bodies above it (`service`, `body`); from these notes
//! `deadlines` tells when a client has been too slow. hyper's own header timeout stays off: it makes a timer
//! for every request and cannot tell a slow header from an idle connection.

mod accept;
mod body;
mod connection;
mod deadlines;
mod draining;
mod pace;
mod refusal;
mod service;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use std::time::Duration;

pub use accept::serve;
pub use refusal::Refuse;
pub use tls::{Tls, TlsError};

/// What one client may cost the server.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at once, at least one. Further clients wait in the kernel's backlog.
    pub max_connections: usize,
    /// Size of a request's head in bytes, request line included. A larger one is answered with 431. Above 400
    /// KiB HTTP/1 answers 431 all the same, since hyper buffers no more. HTTP/2 counts 32 bytes more for each
    /// field (RFC 9113, 6.5.2).
    pub max_header_bytes: usize,
    /// Header fields of an HTTP/1 request; more are answered with 431. Up to 100 cost no allocation. HTTP/2
    /// has no such count, there `max_header_bytes` bounds the fields.
    pub max_headers: usize,
    /// Time for the TLS handshake, then for the first request to arrive, and for every later request's head
    /// from its first byte to its last.
    pub header_read_timeout: Duration,
    /// How long nothing may move on a connection that waits for its client: between two requests, within a
    /// request's body, or while the client does not read its answer. HTTP/2 may notice up to once this time
    /// later.
    pub idle_timeout: Duration,
    /// How long the requests that are being answered when the shutdown begins may take to finish.
    pub shutdown_timeout: Duration,
}

/// The scheme a request came in by; stands in the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain text.
    Http,
    /// TLS.
    Https,
}

/// How a server came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ServeOutcome {
    /// Connections that were still open when `shutdown_timeout` had passed, and were cut.
    pub cut_connections: usize,
}
