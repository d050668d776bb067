//! Clients that send or read too slowly, and those that only look so.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

use super::support::{HUGE_BODY_BYTES, LATE, PATIENCE, Running, limits, millis};
use crate::base::Stopwatch;
use crate::http::server::Limits;

const SHORT: std::time::Duration = millis(300);

fn short_header() -> Limits {
    Limits { header_read_timeout: SHORT, ..limits() }
}

fn short_idle() -> Limits {
    Limits { idle_timeout: SHORT, ..limits() }
}

#[tokio::test]
async fn a_client_that_never_sends_a_request_is_closed_after_the_header_timeout() {
    let server = Running::start(short_header()).await;
    let opened = Stopwatch::start();
    assert_eq!(server.client().await.rest().await, b"");
    assert!((SHORT..LATE).contains(&opened.elapsed()), "{:?}", opened.elapsed());
}

#[tokio::test]
async fn a_head_that_trickles_in_is_closed_after_the_header_timeout() {
    let server = Running::start(short_header()).await;
    let mut client = server.client().await;
    assert_eq!(client.get("/").await.status, 200);
    sleep(SHORT * 2).await;
    let begun = Stopwatch::start();
    let trickle = async {
        while client.0.write_all(b"G").await.is_ok() {
            sleep(millis(30)).await;
        }
    };
    timeout(PATIENCE, trickle).await.expect("the server closes the connection");
    assert!((SHORT..LATE).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_first_head_that_begins_late_has_no_longer_time() {
    let patience = millis(1_500);
    let server = Running::start(Limits { header_read_timeout: patience, ..limits() }).await;
    let opened = Stopwatch::start();
    let mut client = server.client().await;
    sleep(patience * 2 / 3).await;
    client.send("GET / HTTP/1.1\r\n").await;
    assert_eq!(client.rest().await, b"");
    assert!((patience..patience * 5 / 3).contains(&opened.elapsed()), "{:?}", opened.elapsed());
}

#[tokio::test]
async fn a_short_header_timeout_leaves_an_idle_connection_alone() {
    let server = Running::start(short_header()).await;
    let mut client = server.client().await;
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n").await;
    sleep(millis(50)).await;
    client.send("body").await;
    assert_eq!(client.answer().await.body, b"body");
    sleep(SHORT * 3).await;
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_idle_timeout() {
    let server = Running::start(short_idle()).await;
    let mut client = server.client().await;
    for _ in 0..3 {
        assert_eq!(client.get("/").await.status, 200);
        sleep(SHORT * 2 / 3).await;
    }
    client.send("HEAD /huge HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let head = "HTTP/1.1 200 OK\r\n";
    let answered = Stopwatch::start();
    assert!(client.rest().await.starts_with(head.as_bytes()));
    assert!((SHORT..LATE).contains(&answered.elapsed()), "{:?}", answered.elapsed());
}

#[tokio::test]
async fn a_short_idle_timeout_leaves_a_slow_head_alone() {
    let server = Running::start(short_idle()).await;
    let mut client = server.client().await;
    assert_eq!(client.get("/").await.status, 200);
    client.send("GET / HTTP/1.1\r\n").await;
    sleep(SHORT * 2).await;
    client.send("Host: a\r\n\r\n").await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_slow_handler_is_no_slow_client() {
    let server = Running::start(Limits { header_read_timeout: SHORT, idle_timeout: SHORT, ..limits() }).await;
    assert_eq!(server.client().await.get("/slow").await.body, b"slow");
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut_after_the_idle_timeout() {
    let server = Running::start(short_idle()).await;
    for path in ["/huge", "/stream"] {
        let mut client = server.client().await;
        client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        sleep(SHORT * 3).await;
        let rest = client.rest().await;
        assert!((1..HUGE_BODY_BYTES).contains(&rest.len()), "{path}: {} bytes", rest.len());
    }
}

#[tokio::test]
async fn a_client_that_reads_its_answer_slowly_gets_all_of_it() {
    let server = Running::start(short_idle()).await;
    let mut client = server.client().await;
    client.send("GET /huge HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let mut received = 0;
    let mut buffer = vec![0; 8 * 1024 * 1024];
    let begun = Stopwatch::start();
    loop {
        sleep(millis(40)).await;
        match client.0.read(&mut buffer).await.unwrap() {
            0 => break,
            bytes => received += bytes,
        }
    }
    assert!(received > HUGE_BODY_BYTES, "{received}");
    assert!(begun.elapsed() > SHORT, "too fast to show anything: {:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_stops_within_its_request_body_is_cut_after_the_idle_timeout() {
    let server = Running::start(short_idle()).await;
    let mut client = server.client().await;
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsome").await;
    let stopped = Stopwatch::start();
    assert_eq!(client.rest().await, b"");
    assert!((SHORT..LATE).contains(&stopped.elapsed()), "{:?}", stopped.elapsed());
}

#[tokio::test]
async fn a_client_that_sends_its_request_body_slowly_is_served() {
    let server = Running::start(short_idle()).await;
    let mut client = server.client().await;
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n").await;
    for byte in ["s", "l", "o", "w"] {
        sleep(SHORT * 2 / 3).await;
        client.send(byte).await;
    }
    assert_eq!(client.answer().await.body, b"slow");
}
