//! The connection layer over real sockets.

mod accepting;
mod http2;
mod limits;
mod malformed;
mod panics;
mod requests;
mod shutdown;
mod slow_clients;
mod support;
mod tls;
mod tls_support;
