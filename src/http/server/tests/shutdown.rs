//! Nobody who came in time is lost when the server goes.

use crate::base::Stopwatch;
use std::net::SocketAddr;

use tokio::{net::TcpStream, time::sleep};

use super::support::{Client, LATE, Running, limits, millis, outcome};
use crate::http::server::{Limits, ServeOutcome};

const NONE_CUT: ServeOutcome = ServeOutcome { cut_connections: 0 };

#[tokio::test]
async fn a_request_that_is_being_answered_is_answered_to_its_end() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    sleep(millis(100)).await;
    let ending = server.shut_down();
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"slow".as_slice()));
    assert!(answer.says_close(), "{}", answer.head);
    assert_eq!(client.rest().await, b"");
    assert_eq!(outcome(ending).await, NONE_CUT);
}

#[tokio::test]
async fn idle_connections_are_closed_at_once_and_new_ones_refused() {
    let server = Running::start(limits()).await;
    let address = server.address;
    let mut client = server.client().await;
    client.send("POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nunread").await;
    assert_eq!(client.answer().await.status, 413);
    let begun = Stopwatch::start();
    assert_eq!(outcome(server.shut_down()).await, NONE_CUT);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
    assert_eq!(client.rest().await, b"");
    TcpStream::connect(address).await.unwrap_err();
}

#[tokio::test]
async fn a_request_that_arrives_with_the_shutdown_is_answered() {
    for _ in 0..20 {
        let server = Running::start(limits()).await;
        let mut client = server.client().await;
        assert_eq!(client.get("/").await.status, 200);
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let ending = server.shut_down();
        assert_eq!(client.answer().await.body, b"hello");
        assert_eq!(outcome(ending).await, NONE_CUT);
    }
}

#[tokio::test]
async fn a_head_that_has_begun_is_waited_for_and_answered() {
    let server = Running::start(limits()).await;
    let mut fresh = server.client().await;
    let mut kept_alive = server.client().await;
    assert_eq!(kept_alive.get("/").await.status, 200);
    for client in [&mut fresh, &mut kept_alive] {
        client.send("GET / HTTP/1.1\r\n").await;
    }
    sleep(millis(100)).await;
    let ending = server.shut_down();
    sleep(millis(300)).await;
    for client in [&mut fresh, &mut kept_alive] {
        client.send("Host: a\r\n\r\n").await;
        let answer = client.answer().await;
        assert_eq!(answer.status, 200);
        assert!(answer.says_close(), "{}", answer.head);
    }
    assert_eq!(outcome(ending).await, NONE_CUT);
}

#[tokio::test]
async fn clients_in_the_backlog_are_served() {
    let server = Running::start(Limits { max_connections: 1, ..limits() }).await;
    let mut holder = server.client().await;
    holder.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    sleep(millis(100)).await;
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut client = server.client().await;
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        waiting.push(client);
    }
    let ending = server.shut_down();
    assert_eq!(holder.answer().await.body, b"slow");
    for mut client in waiting {
        let answer = client.answer().await;
        assert_eq!(answer.body, b"hello");
        assert!(answer.says_close(), "{}", answer.head);
        assert_eq!(client.rest().await, b"");
    }
    assert_eq!(outcome(ending).await, NONE_CUT);
}

#[tokio::test]
async fn a_client_that_has_just_connected_may_still_bring_its_request() {
    let server = Running::start(limits()).await;
    let mut client = server.client().await;
    let mut silent = server.client().await;
    let begun = Stopwatch::start();
    let ending = server.shut_down();
    sleep(millis(200)).await;
    let answer = client.get("/").await;
    assert_eq!(answer.status, 200);
    assert!(answer.says_close(), "{}", answer.head);
    assert_eq!(silent.rest().await, b"");
    assert_eq!(outcome(ending).await, NONE_CUT);
    assert!(begun.elapsed() < LATE, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_open_after_the_shutdown_timeout_is_cut_and_counted() {
    let server = Running::start(Limits { shutdown_timeout: millis(300), ..limits() }).await;
    let mut stuck = Vec::new();
    for _ in 0..3 {
        let mut client = server.client().await;
        client.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await;
        stuck.push(client);
    }
    let mut done = server.client().await;
    assert_eq!(done.get("/").await.status, 200);
    let begun = Stopwatch::start();
    assert_eq!(outcome(server.shut_down()).await, ServeOutcome { cut_connections: 3 });
    assert!((millis(300)..LATE).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    for mut client in stuck {
        assert_eq!(client.rest().await, b"");
    }
}

/// Clients without end, each with a new connection for each request, while the server goes. Who connects in
/// the moment between the last look into the backlog and the close of the listener is out of its reach.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_who_connected_before_the_shutdown_is_lost() {
    let server = Running::start(limits()).await;
    let address = server.address;
    let clients: Vec<_> = (0..16).map(|_| tokio::spawn(connect_again_and_again(address))).collect();
    sleep(millis(500)).await;
    let begun = Stopwatch::start();
    assert_eq!(outcome(server.shut_down()).await, NONE_CUT);
    for client in clients {
        let visits = client.await.unwrap();
        let lost: Vec<_> =
            visits.iter().filter(|visit| visit.connected_at < begun && !visit.answered).collect();
        assert!(visits.len() > 1 && lost.is_empty(), "{lost:?} of {}", visits.len());
    }
}

#[derive(Debug)]
struct Visit {
    connected_at: Stopwatch,
    answered: bool,
}

async fn connect_again_and_again(address: SocketAddr) -> Vec<Visit> {
    let mut visits = Vec::new();
    while let Ok(stream) = TcpStream::connect(address).await {
        let connected_at = Stopwatch::start();
        let answered = Client(stream).try_get("/").await.is_some();
        visits.push(Visit { connected_at, answered });
    }
    visits
}
