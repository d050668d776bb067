//! What an ordinary client sees.

use super::support::{Running, limits, outcome};

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    for _ in 0..3 {
        let answer = client.get("/").await;
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
        assert!(!answer.says_close(), "{}", answer.head);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_without_waiting_for_a_begun_one() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    let echo = |body: &str| {
        format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    client.send(format!("{}{}{}GET / HT", echo("one"), echo("two"), echo(""))).await;
    for expected in ["one", "two", ""] {
        assert_eq!(client.answer().await.body, expected.as_bytes());
    }
    client.send("TP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(client.answer().await.body, b"hello");
}

#[tokio::test]
async fn a_request_knows_its_peer_and_its_scheme() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    let address = client.0.local_addr().unwrap();
    assert_eq!(client.get("/caller").await.body, format!("{address} Some(Http)").as_bytes());
}

#[tokio::test]
async fn a_body_may_be_chunked_and_asked_for() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client
        .send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.answer().await.status, 100);
    client.send("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n").await;
    assert_eq!(client.answer().await.body, b"onetwo");
    assert_eq!(client.get("/").await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_with_it() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await;
    drop(client);
    assert_eq!(outcome(server.shut_down()).await.cut_connections, 0);
}
