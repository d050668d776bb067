//! A server on a port of its own, and a client that sends bytes as they are.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::StatusCode,
    response::IntoResponse,
    routing::{any, get, post},
};
use http::Extensions;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::http::server::{Limits, Refuse, Scheme, ServeOutcome, Tls, serve};

/// Longer than anything here takes; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Later than a short timeout even on a busy machine, and earlier than `PATIENCE`.
pub const LATE: Duration = Duration::from_secs(5);

/// More than the socket buffers of both ends hold.
pub const HUGE_BODY_BYTES: usize = 64 * 1024 * 1024;

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn limits() -> Limits {
    Limits {
        max_connections: 1000,
        max_header_bytes: 16 * 1024,
        max_headers: 100,
        header_read_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        shutdown_timeout: PATIENCE,
    }
}

/// Refusals that can be told from hyper's.
fn refuse() -> Refuse {
    std::sync::Arc::new(|status, _| http::Response::builder().status(status).body("refused".into()).unwrap())
}

pub fn router() -> Router {
    Router::new()
        .route("/", any(async || "hello"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/refuse", post(async || (StatusCode::PAYLOAD_TOO_LARGE, "too much")))
        .route(
            "/slow",
            get(async || {
                sleep(millis(700)).await;
                "slow"
            }),
        )
        .route("/never", get(std::future::pending::<&str>))
        .route("/huge", get(async || vec![b'x'; HUGE_BODY_BYTES]))
        .route("/stream", get(stream))
        .route("/panic", get(panicking))
        .route(
            "/caller",
            get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>, extensions: Extensions| {
                format!("{peer} {:?}", extensions.get::<Scheme>())
            }),
        )
}

async fn panicking() -> StatusCode {
    panic!("a handler's panic, meant for the test")
}

/// Endless frames, so that the body is in the handler's hands, not in hyper's.
async fn stream() -> impl IntoResponse {
    struct Endless;
    impl hyper::body::Body for Endless {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(&[b'x'; 16 * 1024])))))
        }
    }
    Body::new(Endless)
}

/// A server that is running.
pub struct Running {
    pub address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    outcome: JoinHandle<ServeOutcome>,
}

impl Running {
    pub async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    pub async fn start_with(limits: Limits, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, begun) = oneshot::channel();
        let outcome = tokio::spawn(serve(listener, tls, router(), refuse(), limits, async {
            let _ = begun.await;
        }));
        Self { address, shutdown, outcome }
    }

    pub async fn client(&self) -> Client<TcpStream> {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Tells the server to shut down.
    pub fn shut_down(self) -> JoinHandle<ServeOutcome> {
        self.shutdown.send(()).unwrap();
        self.outcome
    }
}

pub async fn outcome(server: JoinHandle<ServeOutcome>) -> ServeOutcome {
    timeout(PATIENCE, server).await.expect("the server ends").unwrap()
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn says_close(&self) -> bool {
        self.head.to_lowercase().contains("connection: close")
    }
}

pub struct Client<S>(pub S);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")).await;
        self.answer().await
    }

    /// As `get`, or nothing if the server is gone.
    pub async fn try_get(&mut self, path: &str) -> Option<Answer> {
        self.0.write_all(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n").as_bytes()).await.ok()?;
        self.try_answer().await
    }

    /// The next answer, whose body has a `Content-Length`.
    pub async fn answer(&mut self) -> Answer {
        timeout(PATIENCE, self.try_answer()).await.expect("an answer in time").expect("an answer, no close")
    }

    /// The next answer, or nothing if the server closes the connection instead.
    pub async fn try_answer(&mut self) -> Option<Answer> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { status, head, body })
    }

    /// Waits for the server to close or reset the connection, and gives what it sent before.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is as good as a close here.
        let _ =
            timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the server closes the connection");
        rest
    }
}
