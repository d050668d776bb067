//! What a client may send and hold at most.

use crate::base::Stopwatch;
use std::fmt::Write as _;

use tokio::time::{sleep, timeout};

use super::support::{LATE, PATIENCE, Running, limits, millis};
use crate::http::server::Limits;

fn request_with_fields(count: usize) -> String {
    let mut request = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
    for number in 1..count {
        write!(request, "X-{number}: v\r\n").unwrap();
    }
    request + "\r\n"
}

fn request_with_head_of(bytes: usize) -> String {
    let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
    format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "v".repeat(bytes - frame))
}

async fn status_of(limits: Limits, request: String) -> u16 {
    let server = Running::start(limits).await;
    let mut client = server.client().await;
    client.send(request).await;
    client.answer().await.status
}

#[tokio::test]
async fn the_number_of_header_fields_is_limited() {
    for max_headers in [50, 100, 300] {
        let limits = Limits { max_headers, ..limits() };
        assert_eq!(status_of(limits.clone(), request_with_fields(max_headers)).await, 200, "{max_headers}");
        assert_eq!(
            status_of(limits.clone(), request_with_fields(max_headers + 1)).await,
            431,
            "{max_headers}"
        );
        assert_eq!(status_of(limits, request_with_fields(10_000)).await, 431, "{max_headers}");
    }
}

#[tokio::test]
async fn the_size_of_a_head_is_limited() {
    for max_header_bytes in [2_000, 16 * 1024] {
        let limits = Limits { max_header_bytes, ..limits() };
        assert_eq!(status_of(limits.clone(), request_with_head_of(max_header_bytes)).await, 200);
        assert_eq!(status_of(limits.clone(), request_with_head_of(max_header_bytes + 1)).await, 431);
    }
}

#[tokio::test]
async fn a_client_that_sends_far_too_large_a_head_still_gets_its_answer() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send(request_with_head_of(1024 * 1024)).await;
    assert_eq!(client.answer().await.status, 431);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_client_that_is_refused_while_it_uploads_still_gets_its_answer() {
    const UPLOAD_BYTES: usize = 8 * 1024 * 1024;
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send(format!("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: {UPLOAD_BYTES}\r\n\r\n")).await;
    client.send(vec![b'x'; UPLOAD_BYTES]).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_slice()), (413, b"too much".as_slice()));
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_refused_client_that_goes_on_sending_is_not_listened_to_for_long() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nsome").await;
    assert_eq!(client.answer().await.status, 413);
    let answered = Stopwatch::start();
    let sending = async {
        while tokio::io::AsyncWriteExt::write_all(&mut client.0, b"more").await.is_ok() {
            sleep(millis(20)).await;
        }
    };
    timeout(PATIENCE, sending).await.expect("the server gives up");
    assert!(answered.elapsed() < LATE, "{:?}", answered.elapsed());
}

#[tokio::test]
async fn clients_beyond_the_limit_wait_for_a_place() {
    let server = Running::start(Limits { max_connections: 2, ..limits() }).await;
    let mut first = server.client().await;
    let mut second = server.client().await;
    assert_eq!(first.get("/").await.status, 200);
    assert_eq!(second.get("/").await.status, 200);

    let mut third = server.client().await;
    third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(timeout(millis(300), third.try_answer()).await.is_err(), "the third one has to wait");
    assert_eq!(first.get("/").await.status, 200);
    drop(second);
    assert_eq!(third.answer().await.status, 200);
}
