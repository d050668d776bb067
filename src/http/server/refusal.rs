//! What hyper refuses before there is a request (bytes that are no HTTP, a head that is too large) it answers with an empty
//! body. The client gets the house's answer instead.

use std::{
    fmt::Write,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http::{Response, StatusCode};
use tokio::io::AsyncWrite;

/// Makes the answer for a refusal with this status to this client.
pub type Refuse = Arc<dyn Fn(StatusCode, SocketAddr) -> Response<Bytes> + Send + Sync>;

/// One connection's way to refuse.
pub(super) struct Refusal {
    refuse: Refuse,
    peer: SocketAddr,
    /// What is still to be written of the answer.
    rest: Bytes,
}

impl Refusal {
    pub(super) fn new(refuse: Refuse, peer: SocketAddr) -> Self {
        Self { refuse, peer, rest: Bytes::new() }
    }

    /// Takes what hyper wants to write; `true` when it is a refusal of its own, in whose place ours stands now.
    pub(super) fn takes(&mut self, bytes: &[u8]) -> bool {
        let Some((status, date)) = bare(bytes) else { return false };
        self.rest = written(&(self.refuse)(status, self.peer), date);
        true
    }

    /// Writes what is left of our answer.
    pub(super) fn poll_rest<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.has_remaining() {
            let count = ready!(Pin::new(&mut *stream).poll_write(cx, &self.rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.advance(count);
        }
        Poll::Ready(Ok(()))
    }
}

/// The status and the line with the date, if this is the whole of an answer that hyper has made by itself: no body, and no
/// header but these.
fn bare(bytes: &[u8]) -> Option<(StatusCode, Option<&str>)> {
    let head = bytes.strip_prefix(b"HTTP/1.1 4").or_else(|| bytes.strip_prefix(b"HTTP/1.0 4"))?;
    let head = std::str::from_utf8(head).ok()?.strip_suffix("\r\n\r\n")?;
    let (status, headers) = head.split_once("\r\n")?;
    let mut date = None;
    for line in headers.split("\r\n") {
        match line {
            "connection: close" | "content-length: 0" => {}
            line if line.starts_with("date: ") => date = Some(line),
            _ => return None,
        }
    }
    let status = StatusCode::from_bytes(format!("4{}", status.get(..2)?).as_bytes()).ok()?;
    headers.contains("content-length: 0").then_some((status, date))
}

fn written(response: &Response<Bytes>, date: Option<&str>) -> Bytes {
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\nconnection: close\r\n", status.as_u16());
    for (name, value) in response.headers() {
        let value = value.to_str().unwrap_or_default();
        write!(head, "{name}: {value}\r\n").expect("writing to a String cannot fail");
    }
    if let Some(date) = date {
        head += date;
        head += "\r\n";
    }
    write!(head, "content-length: {}\r\n\r\n", response.body().len())
        .expect("writing to a String cannot fail");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(response.body());
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_answers_are_hypers_own() {
        let own = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        assert_eq!(bare(own), Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, Some("date: x"))));
        for other in [
            b"HTTP/1.1 404 Not Found\r\nx-request-id: a\r\ncontent-length: 0\r\n\r\n".as_slice(),
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
            b"HTTP/1.1 4",
            b"",
        ] {
            assert_eq!(bare(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
