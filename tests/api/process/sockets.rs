//! Bytes as they come: what is no good HTTP, and clients that send too slowly.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use super::support::{Home, Server};

/// Everything the server says to these bytes until it closes.
fn says(server: &Server, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = server.connect();
    // A server that has heard enough may close before it has heard all.
    stream.write_all(bytes.as_ref()).ok();
    rest(&mut stream)
}

/// The same, when the client closes its side as well.
fn says_at_the_end(server: &Server, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = server.connect();
    stream.write_all(bytes.as_ref()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    rest(&mut stream)
}

fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    stream.read_to_end(&mut said).ok();
    String::from_utf8_lossy(&said).into_owned()
}

/// The statuses of all answers in order.
fn statuses(said: &str) -> Vec<u16> {
    let heads = said.split("HTTP/1.").skip(1);
    heads.map(|head| head[2..5].parse().unwrap()).collect()
}

#[track_caller]
fn assert_says(server: &Server, cases: &[(&str, &[u16])]) {
    for (request, expected) in cases {
        let said = says(server, request);
        assert_eq!(statuses(&said), *expected, "{request:?}: {said:?}");
        let refusals = expected.iter().filter(|status| **status >= 400).count();
        assert_eq!(
            said.matches("\r\ncontent-type: application/problem+json\r\n").count(),
            refusals,
            "{said:?}"
        );
        assert_eq!(said.matches("\r\nx-request-id: ").count(), expected.len(), "{said:?}");
        assert_eq!(said.matches(r#","detail":""#).count(), refusals, "{said:?}");
    }
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn a_request_names_its_host_exactly_once() {
    let home = Home::new();
    let server = home.start(&[]);
    assert_says(
        &server,
        &[
            ("GET /healthz HTTP/1.1\r\nHost: a.example:80\r\nConnection: close\r\n\r\n", &[200]),
            ("GET /healthz HTTP/1.1\r\nHost: [::1]:5000\r\nConnection: close\r\n\r\n", &[200]),
            ("GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", &[200]),
            ("GET /healthz HTTP/1.0\r\n\r\n", &[200]),
            ("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", &[400]),
            ("GET http://a/healthz HTTP/1.1\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: user@a\r\nConnection: close\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a, b\r\nConnection: close\r\n\r\n", &[400]),
        ],
    );
    let said = says(&server, "GET /api/v1/tasks HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(
        said.contains("application/problem+json") && said.contains(r#""code":"request.malformed""#),
        "{said}"
    );
    assert!(said.contains("Host"), "{said}");
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let home = Home::new();
    let server = home.start(&["server.max_body=1KiB", "server.idle_timeout=1s"]);
    let post = |length: &str, body: &str| {
        format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{length}\r\n\r\n{body}"
        )
    };
    assert_says(
        &server,
        &[
            (&post("Content-Length: three", "{}"), &[400]),
            (&post("Content-Length: -2", "{}"), &[400]),
            (&post("Content-Length: 2\r\nContent-Length: 3", "{} "), &[400]),
            (&post("Content-Length: 99999999999999999999", "{}"), &[400]),
            (&post("Content-Length: 2000", "{}"), &[413]),
            (&post("Transfer-Encoding: chunked", "zz\r\n"), &[400]),
            (&post("Transfer-Encoding: gzip, identity", "{}"), &[400]),
            (&post("Content-Length: 2\r\nConnection: close", "{}"), &[422]),
            // What stands behind the length is the next request, and none.
            (&post("Content-Length: 2", "{}more\r\n\r\n"), &[422, 400]),
        ],
    );
    let cut = says_at_the_end(&server, post("Content-Length: 20", "{}"));
    assert_eq!(statuses(&cut), [400], "{cut}");
    let endless = format!(
        "{}{}",
        post("Transfer-Encoding: chunked", ""),
        "400\r\n".to_owned() + &" ".repeat(1024) + "\r\n"
    );
    assert_says(&server, &[(&(endless.clone() + "400\r\n" + &" ".repeat(1024) + "\r\n0\r\n\r\n"), &[413])]);
}

#[test]
fn heads_that_are_too_long_or_broken_are_refused() {
    let home = Home::new();
    let server = home.start(&[]);
    let many = (0..10_000).fold(String::new(), |many, number| many + &format!("x-{number}: 1\r\n"));
    let long = "x".repeat(64 * 1024);
    assert_says(
        &server,
        &[
            (&format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{many}\r\n"), &[431]),
            (&format!("GET /healthz HTTP/1.1\r\nHost: a\r\nx: {long}\r\n\r\n"), &[431]),
            (&format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), &[431]),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nx: a\rb\r\n\r\n", &[400]),
            ("GET /healthz HTTP/1.1\r\nHost: a\r\nx : a\r\n\r\n", &[400]),
            ("GET /heal\0thz HTTP/1.1\r\nHost: a\r\n\r\n", &[400]),
            ("\u{16}\u{3}\u{1}\u{2}\0", &[400]),
            ("lorem ipsum\r\n\r\n", &[400]),
        ],
    );
}

#[test]
fn strange_but_lawful_requests_get_a_problem_document() {
    let home = Home::new();
    let server = home.start(&[]);
    for (request, status) in [
        ("GET /api/v1/tasks/%ff HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \u{e9}\r\n", 401),
        ("BREW /api/v1/tasks HTTP/1.1\r\nHost: a\r\n", 405),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n", 404),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n", 404),
    ] {
        let said = says(&server, format!("{request}Connection: close\r\n\r\n"));
        assert_eq!(statuses(&said), [status], "{request:?}: {said:?}");
        assert!(said.contains("application/problem+json"), "{said:?}");
    }
}

#[test]
fn a_head_that_trickles_in_is_given_up() {
    let home = Home::new();
    let server = home.start(&["server.header_read_timeout=500ms"]);
    let mut stream = server.connect();
    // One byte in a while, for as long as the server listens: it must end this, since the head never would.
    for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    assert!(statuses(&rest(&mut stream)).iter().all(|status| *status == 408));
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn a_body_that_stops_is_given_up_and_changes_nothing() {
    let home = Home::new();
    let server = home.start(&["server.request_timeout=2s"]);
    let ada = server.user("ada");
    let body = r#"{"title":"half"}"#;
    let head = format!(
        "POST /api/v1/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        ada.access_token,
        body.len()
    );
    let mut stream = server.connect();
    stream.write_all((head + &body[..body.len() - 1]).as_bytes()).unwrap();
    let said = rest(&mut stream);
    assert_eq!(statuses(&said), [408], "{said}");
    assert!(said.contains(r#""code":"body.timeout""#), "{said}");
    assert_eq!(ada.titles(), Vec::<String>::new());
}

#[test]
fn idle_connections_do_not_stand_in_the_way() {
    let home = Home::new();
    let server = home.start(&[]);
    let idle: Vec<_> = (0..64).map(|_| server.connect()).collect();
    let half: Vec<_> = (0..64)
        .map(|_| {
            let mut stream = server.connect();
            stream
                .write_all(b"POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
                .unwrap();
            stream
        })
        .collect();
    let ada = server.user("ada");
    for number in 0..20 {
        ada.try_task(&number.to_string()).unwrap().expect(201);
    }
    assert_eq!(ada.titles().len(), 20);
    drop((idle, half));
    ada.get("/api/v1/account").expect(200);
}
