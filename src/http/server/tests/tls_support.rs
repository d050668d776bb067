//! A server with a certificate of its own, and clients that trust it.

use std::{fs, path::PathBuf, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::support::{Client, Running};
use crate::http::server::{Limits, Tls};

/// A folder with a certificate for `localhost` and its key.
pub struct Certificate {
    folder: TempDir,
    der: CertificateDer<'static>,
}

impl Certificate {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self { folder, der: cert.der().clone() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Loads one of the folder's files as the certificate and one as the key.
    pub fn load(&self, certificate: &str, key: &str) -> Result<Tls, String> {
        Tls::load(&self.path(certificate), &self.path(key)).map_err(|error| error.to_string())
    }
}

pub struct TlsServer {
    pub running: Running,
    certificate: Certificate,
}

impl TlsServer {
    pub async fn start(limits: Limits) -> Self {
        let certificate = Certificate::new();
        let tls = certificate.load("cert.pem", "key.pem").unwrap();
        Self { running: Running::start_with(limits, Some(tls)).await, certificate }
    }

    pub async fn client(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect(self.running.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
    }

    pub async fn http1(&self) -> Client<TlsStream<TcpStream>> {
        Client(self.client(&["http/1.1"]).await)
    }
}
