//! HTTPS by the server itself: the certificate it is given, and the ones it refuses.

use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::support::{Finished, Home, Server};

/// Files `NAME.crt` and `NAME.key` of a certificate for `localhost`.
fn certificate(home: &Home, name: &str) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(home.path().join(format!("{name}.crt")), cert.pem()).unwrap();
    fs::write(home.path().join(format!("{name}.key")), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

/// What the server answers to a client that trusts this certificate alone.
fn answer(server: &Server, trusted: &CertificateDer<'static>, request: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, server.connect());
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

const GET: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn the_server_speaks_https_and_asks_browsers_to_stay_with_it() {
    let home = Home::new();
    let trusted = certificate(&home, "a");
    let server = home.start(&["server.tls_certificate=a.crt", "server.tls_key=a.key"]);
    assert_eq!(server.scheme, "https");
    let said = answer(&server, &trusted, GET).unwrap().to_lowercase();
    assert!(said.starts_with("http/1.1 200 "), "{said}");
    assert!(said.contains("strict-transport-security: max-age="), "{said}");
    assert!(
        answer(&server, &certificate(&home, "b"), GET).is_err(),
        "a stranger's certificate is not trusted"
    );
    let mut plain = server.connect();
    plain.write_all(GET.as_bytes()).unwrap();
    let mut said = Vec::new();
    plain.read_to_end(&mut said).ok();
    assert!(!said.starts_with(b"HTTP/"), "no HTTP on a TLS port: {}", said.escape_ascii());
    server.stop();
}

#[test]
fn without_tls_nothing_promises_it() {
    let home = Home::new();
    let server = home.start(&[]);
    let answer = server.anonymous().get("/readyz").expect(200);
    assert_eq!(answer.header("strict-transport-security"), "");
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    let home = Home::new();
    certificate(&home, "a");
    certificate(&home, "b");
    fs::write(home.path().join("empty"), "").unwrap();
    let whole = fs::read_to_string(home.path().join("a.crt")).unwrap();
    fs::write(home.path().join("cut.crt"), &whole[..whole.len() / 2]).unwrap();
    for (certificate, key, words) in [
        ("missing", "a.key", &["certificate", "missing", "cannot be read"][..]),
        ("a.crt", "missing", &["key", "missing", "cannot be read"]),
        ("empty", "a.key", &["empty", "no certificate"]),
        ("a.crt", "empty", &["empty", "no private key"]),
        ("a.key", "a.crt", &["a.key", "no certificate"]),
        ("a.crt", "b.key", &["b.key", "does not belong", "a.crt"]),
        ("cut.crt", "a.key", &["cut.crt"]),
    ] {
        let (certificate, key) =
            (format!("server.tls_certificate={certificate}"), format!("server.tls_key={key}"));
        home.refused(&[&certificate, &key]).fails(2, words);
        let check = ["config", "check", "--set", &certificate, "--set", &key];
        let checked = Finished::of(home.command(&check), "");
        assert!(checked.stderr.contains("server.tls_"), "{checked:#?}");
        checked.fails(2, words);
    }
    assert!(!home.data().exists(), "nothing is made before the files are good");
}
