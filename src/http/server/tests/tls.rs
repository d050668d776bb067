//! The handshake, and what is wrong with a certificate.

use std::fs;
use std::time::Duration;

use crate::base::Stopwatch;
use rcgen::KeyPair;

use super::{
    support::{Client, LATE, limits, millis},
    tls_support::{Certificate, TlsServer},
};
use crate::http::server::Limits;

const SHORT: Duration = millis(300);

#[tokio::test]
async fn http_1_1_is_served_to_who_chooses_it_and_to_who_chooses_nothing() {
    let server = TlsServer::start(limits()).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let mut client = Client(server.client(protocols).await);
        let address = client.0.get_ref().0.local_addr().unwrap();
        assert_eq!(client.get("/caller").await.body, format!("{address} Some(Https)").as_bytes());
        assert_eq!(client.get("/").await.body, b"hello");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_closed_after_the_header_timeout() {
    let server = TlsServer::start(Limits { header_read_timeout: SHORT, ..limits() }).await;
    for begin in [b"".as_slice(), b"\x16\x03\x01\x02"] {
        let mut client = server.running.client().await;
        client.send(begin).await;
        let begun = Stopwatch::start();
        assert_eq!(client.rest().await, b"");
        assert!((SHORT..LATE).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn plain_text_at_the_tls_port_harms_nobody() {
    let server = TlsServer::start(limits()).await;
    let mut client = server.running.client().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(!client.rest().await.starts_with(b"HTTP"));
    assert_eq!(server.http1().await.get("/").await.status, 200);
}

#[test]
fn a_certificate_that_cannot_be_used_is_named_with_what_is_wrong() {
    let files = Certificate::new();
    let write = |name: &str, text: &str| fs::write(files.path(name), text).unwrap();
    write("empty.pem", "");
    write("other-key.pem", &KeyPair::generate().unwrap().serialize_pem());
    write("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
    write("nonsense.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    write("broken-key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");

    assert!(files.load("cert.pem", "key.pem").is_ok());
    for (certificate, key, named, reason) in [
        ("missing.pem", "key.pem", "missing.pem", "cannot be read"),
        ("cert.pem", "missing.pem", "missing.pem", "cannot be read"),
        ("empty.pem", "key.pem", "empty.pem", "holds no certificate"),
        ("key.pem", "key.pem", "key.pem", "holds no certificate"),
        ("cert.pem", "empty.pem", "empty.pem", "holds no private key"),
        ("cert.pem", "cert.pem", "cert.pem", "holds no private key"),
        ("broken.pem", "key.pem", "broken.pem", "damaged"),
        ("nonsense.pem", "key.pem", "nonsense.pem", "damaged"),
        ("cert.pem", "broken-key.pem", "broken-key.pem", "damaged"),
        ("cert.pem", "other-key.pem", "other-key.pem", "does not belong"),
    ] {
        let error = files.load(certificate, key).err().unwrap();
        assert!(error.contains(named) && error.contains(reason), "{certificate}, {key}: {error}");
    }
}
