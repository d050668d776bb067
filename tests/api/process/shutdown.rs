//! Told to stop, the server answers what it has accepted, writes everything down, and leaves.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::json;

use super::caller::Caller;
use super::support::{Home, Server};
use crate::support::{PASSWORD, eventually};

const REQUESTS: usize = 100;

fn post(caller: &Caller, path: &str, body: &str) -> String {
    let (token, length) = (&caller.access_token, body.len());
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

/// A connection on which this request has been sent and nothing been read yet.
fn sent(server: &Server, request: &str) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Everything that comes until the server closes.
fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn requests_in_flight_are_answered(signal: Signal, name: &str) {
    let home = Home::new();
    let server = home.start(&["password.hash_queue=1000", "server.shutdown_timeout=10m"]);
    let ada = server.user("ada");
    // Sign-ins are slow: some wait for a hashing thread when the signal comes.
    server.user("bob");
    let login = json!({ "login": "bob", "password": PASSWORD }).to_string();
    let logins: Vec<_> =
        (0..REQUESTS).map(|_| sent(&server, &post(&ada, "/api/v1/auth/login", &login))).collect();
    let create = |number: usize| {
        let body = json!({ "title": number.to_string() }).to_string();
        sent(&server, &post(&ada, "/api/v1/tasks", &body))
    };
    let creates: Vec<_> = (0..REQUESTS).map(create).collect();
    server.signal(signal);

    for answer in logins.into_iter().map(rest) {
        let answered = answer.starts_with("HTTP/1.1 200 ") || answer.starts_with("HTTP/1.1 503 ");
        assert!(answered, "{answer:?}: {}", server.stderr());
    }
    let answers: Vec<_> = creates.into_iter().map(rest).collect();
    let made = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 201 ")).count();
    let refused = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 503 ")).count();
    assert_eq!(made + refused, REQUESTS, "{answers:#?}");
    assert!(made > 0, "{answers:#?}");

    let address = server.address;
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(name) && log.contains("stopped"), "{log}");
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    let journal = fs::metadata(home.data().join("portcullis.db-wal")).map_or(0, |data| data.len());
    assert_eq!(journal, 0, "the journal has been written back");
    home.assert_sound();
    let server = home.start(&[]);
    assert_eq!(ada.at(&server).titles().len(), made);
}

#[test]
fn sigterm_lets_every_accepted_request_be_answered() {
    requests_in_flight_are_answered(Signal::TERM, "SIGTERM");
}

#[test]
fn sigint_does_as_well() {
    requests_in_flight_are_answered(Signal::INT, "SIGINT");
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server() {
    let home = Home::new();
    let server = home.start(&["server.shutdown_timeout=1s"]);
    let ada = server.user("ada");
    let whole = post(&ada, "/api/v1/tasks", r#"{"title":"half"}"#);
    let half = sent(&server, &whole[..whole.len() - 3]);
    // The server has accepted the request when it answers another one on a later connection.
    ada.get("/readyz").expect(200);
    server.signal(Signal::TERM);
    let (code, log) = server.wait();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("server.shutdown_timeout"), "{log}");
    drop(half);
    let server = home.start(&[]);
    assert_eq!(ada.at(&server).titles(), Vec::<String>::new());
}

#[test]
fn idle_connections_do_not_keep_the_server() {
    let home = Home::new();
    let server = home.start(&["server.shutdown_timeout=10m"]);
    let idle: Vec<_> = (0..64).map(|_| sent(&server, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    for mut stream in &idle {
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    server.stop();
}

#[test]
fn a_server_that_is_stopped_at_once_has_made_nothing_half() {
    let home = Home::new();
    for _ in 0..5 {
        home.start(&[]).stop();
    }
    home.assert_sound();
    let server = home.start(&[]);
    eventually("it is ready", || server.anonymous().get("/readyz").status == 200);
}
