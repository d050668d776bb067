//! HTTP/2, and what it shares with HTTP/1.1 over TLS.

use crate::base::Stopwatch;
use std::time::Duration;

use bytes::Bytes;
use h2::{RecvStream, client::SendRequest};
use http::{Request, Response, StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    support::{HUGE_BODY_BYTES, LATE, PATIENCE, limits, millis, outcome},
    tls_support::TlsServer,
};
use crate::http::server::{Limits, ServeOutcome};

const SHORT: Duration = millis(300);
const NONE_CUT: ServeOutcome = ServeOutcome { cut_connections: 0 };

struct Http2 {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Http2 {
    async fn connect(server: &TlsServer) -> Self {
        let stream = server.client(&["h2", "http/1.1"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        Self { requests, connection: tokio::spawn(connection) }
    }

    async fn ask(&mut self, request: Request<()>) -> Result<Response<RecvStream>, h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        requests.send_request(request, true)?.0.await
    }

    async fn get(&mut self, path: &str) -> (StatusCode, Vec<u8>) {
        let response =
            self.ask(Request::get(format!("https://localhost{path}")).body(()).unwrap()).await.unwrap();
        let status = response.status();
        let (body, error) = read(response.into_body()).await;
        assert!(error.is_none(), "{error:?}");
        (status, body)
    }

    /// Waits for the server to end the connection.
    async fn end(self) -> Result<(), h2::Error> {
        timeout(PATIENCE, self.connection).await.expect("the server ends the connection").unwrap()
    }
}

async fn read(mut stream: RecvStream) -> (Vec<u8>, Option<h2::Error>) {
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        match data {
            Ok(data) => {
                stream.flow_control().release_capacity(data.len()).unwrap();
                body.extend_from_slice(&data);
            }
            Err(error) => return (body, Some(error)),
        }
    }
    (body, None)
}

#[tokio::test]
async fn http_2_is_served_with_many_requests_at_once() {
    let server = TlsServer::start(limits()).await;
    let mut client = Http2::connect(&server).await;
    let begun = Stopwatch::start();
    let slow = (0..20).map(|_| {
        let mut client =
            Http2 { requests: client.requests.clone(), connection: tokio::spawn(async { Ok(()) }) };
        tokio::spawn(async move { client.get("/slow").await })
    });
    for answer in slow.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), (StatusCode::OK, b"slow".to_vec()));
    }
    assert!(begun.elapsed() < millis(2_000), "one after another: {:?}", begun.elapsed());
    let (_, caller) = client.get("/caller").await;
    assert!(caller.ends_with(b" Some(Https)"), "{}", caller.escape_ascii());
    assert_eq!(client.get("/huge").await.1.len(), HUGE_BODY_BYTES);
}

#[tokio::test]
async fn an_http_2_head_is_limited() {
    let server = TlsServer::start(Limits { max_header_bytes: 4_000, ..limits() }).await;
    let mut client = Http2::connect(&server).await;
    let request = |bytes| Request::get("https://localhost/").header("x", "v".repeat(bytes)).body(()).unwrap();
    assert_eq!(client.ask(request(2_000)).await.unwrap().status(), StatusCode::OK);
    let too_large = client.ask(request(10_000)).await;
    assert!(
        too_large.as_ref().map_or_else(h2::Error::is_remote, |answer| answer.status() == 431),
        "{too_large:?}"
    );
}

/// Resets that come faster than requests can be looked at end the connection (CVE-2023-44487).
#[tokio::test]
async fn rapid_resets_end_an_http_2_connection() {
    const GOAWAY: u8 = 7;
    const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 11];
    let server = TlsServer::start(limits()).await;
    let mut stream = server.client(&["h2"]).await;
    let mut attack = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00".to_vec();
    for stream_id in (1..400_u32).step_by(2) {
        let get_root_by_https = [0x82, 0x84, 0x87];
        attack.extend_from_slice(&[0, 0, 3, 1, 5]);
        attack.extend_from_slice(&stream_id.to_be_bytes());
        attack.extend_from_slice(&get_root_by_https);
        attack.extend_from_slice(&[0, 0, 4, 3, 0]);
        attack.extend_from_slice(&stream_id.to_be_bytes());
        attack.extend_from_slice(&[0, 0, 0, 8]);
    }
    stream.write_all(&attack).await.unwrap();
    let farewell = async {
        loop {
            let mut frame = [0; 9];
            stream.read_exact(&mut frame).await.expect("a GOAWAY before the end");
            let mut payload = vec![0; u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize];
            stream.read_exact(&mut payload).await.unwrap();
            if frame[3] == GOAWAY && payload[4..8] == ENHANCE_YOUR_CALM {
                break;
            }
        }
    };
    timeout(PATIENCE, farewell).await.expect("a GOAWAY");
}

#[tokio::test]
async fn a_silent_http_2_connection_is_closed_after_the_header_timeout() {
    let server = TlsServer::start(Limits { header_read_timeout: SHORT, ..limits() }).await;
    let opened = Stopwatch::start();
    Http2::connect(&server).await.end().await.unwrap();
    assert!((SHORT..LATE).contains(&opened.elapsed()), "{:?}", opened.elapsed());

    let mut without_preface = server.client(&["h2"]).await;
    let mut rest = Vec::new();
    let closed = timeout(PATIENCE, without_preface.read_to_end(&mut rest));
    let _ = closed.await.expect("the server closes the connection");
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_read_to_its_end() {
    let server = TlsServer::start(Limits { idle_timeout: SHORT, ..limits() }).await;
    let mut client = Http2::connect(&server).await;
    let answer = client.ask(Request::get("https://localhost/huge").body(()).unwrap()).await.unwrap();
    let begun = Stopwatch::start();
    let mut body = answer.into_body();
    let mut received = 0;
    let mut next_pause = 0;
    while let Some(data) = body.data().await {
        let bytes = data.unwrap().len();
        body.flow_control().release_capacity(bytes).unwrap();
        received += bytes;
        if received >= next_pause {
            next_pause += HUGE_BODY_BYTES / 10;
            sleep(SHORT / 3).await;
        }
    }
    assert_eq!(received, HUGE_BODY_BYTES);
    assert!(begun.elapsed() > SHORT * 3, "too fast to show anything: {:?}", begun.elapsed());
}

#[tokio::test]
async fn an_http_2_request_body_that_stops_is_cut_after_the_idle_timeout() {
    let server = TlsServer::start(Limits { idle_timeout: SHORT, ..limits() }).await;
    let client = Http2::connect(&server).await;
    let mut requests = client.requests.clone().ready().await.unwrap();
    let request = Request::post("https://localhost/echo").body(()).unwrap();
    let (answer, mut upload) = requests.send_request(request, false).unwrap();
    upload.send_data(Bytes::from_static(b"some"), false).unwrap();
    timeout(SHORT * 4, answer).await.expect("the server gives up").unwrap_err();
}

#[tokio::test]
async fn an_idle_connection_is_closed_with_notice_after_the_idle_timeout() {
    let server = TlsServer::start(Limits { idle_timeout: SHORT, ..limits() }).await;
    let mut http1 = server.http1().await;
    let mut http2 = Http2::connect(&server).await;
    assert_eq!(http1.get("/").await.status, 200);
    assert_eq!(http2.get("/").await.0, 200);
    let answered = Stopwatch::start();
    // Without `close_notify` this is an error.
    assert_eq!(timeout(PATIENCE, http1.0.read(&mut [0])).await.unwrap().unwrap(), 0);
    http2.end().await.unwrap();
    assert!((SHORT * 2 / 3..LATE).contains(&answered.elapsed()), "{:?}", answered.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_cut_after_the_idle_timeout() {
    let server = TlsServer::start(Limits { idle_timeout: SHORT, ..limits() }).await;
    for path in ["/huge", "/stream"] {
        let mut http1 = server.http1().await;
        http1.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        let mut http2 = Http2::connect(&server).await;
        let answer =
            http2.ask(Request::get(format!("https://localhost{path}")).body(()).unwrap()).await.unwrap();
        sleep(SHORT * 4).await;
        assert!((1..HUGE_BODY_BYTES).contains(&http1.rest().await.len()), "{path}");
        let (body, error) = read(answer.into_body()).await;
        assert!(body.len() < HUGE_BODY_BYTES && error.is_some(), "{path}: {} bytes", body.len());
    }
}

#[tokio::test]
async fn a_shutdown_lets_every_protocol_finish() {
    let server = TlsServer::start(limits()).await;
    let mut idle = Http2::connect(&server).await;
    assert_eq!(idle.get("/").await.0, 200);
    let mut http1 = server.http1().await;
    http1.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut http2 = Http2::connect(&server).await;
    let asking = {
        let requests = http2.requests.clone();
        tokio::spawn(async move {
            requests
                .ready()
                .await
                .unwrap()
                .send_request(Request::get("https://localhost/slow").body(()).unwrap(), true)
                .unwrap()
                .0
                .await
        })
    };
    sleep(millis(200)).await;
    let begun = Stopwatch::start();
    let ending = server.running.shut_down();
    idle.end().await.unwrap();
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
    let answer = http1.answer().await;
    assert!(answer.says_close() && answer.body == b"slow", "{}", answer.head);
    assert_eq!(read(asking.await.unwrap().unwrap().into_body()).await.0, b"slow");
    assert_eq!(outcome(ending).await, NONE_CUT);
    http2.ask(Request::get("https://localhost/").body(()).unwrap()).await.unwrap_err();
}

#[tokio::test]
async fn a_slow_handler_is_no_slow_http_2_client() {
    let server =
        TlsServer::start(Limits { header_read_timeout: SHORT, idle_timeout: SHORT, ..limits() }).await;
    assert_eq!(Http2::connect(&server).await.get("/slow").await.1, b"slow");
}
