//! TLS: the certificate and its key, and the handshake.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ConfigBuilder, ServerConfig, WantsVerifier,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::{CertifiedKey, SingleCertAndKey},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::pace::Protocol;

const ALPN_HTTP2: &[u8] = b"h2";
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// A certificate with its key, ready for handshakes.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The certificate's file cannot be read.
    #[error("the TLS certificate {} (server.tls_certificate) cannot be read: {source}", .path.display())]
    CertificateUnreadable {
        /// The configured file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The key's file cannot be read.
    #[error("the TLS key {} (server.tls_key) cannot be read: {source}", .path.display())]
    KeyUnreadable {
        /// The configured file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The certificate's file holds no certificate.
    #[error(
        "the TLS certificate {} (server.tls_certificate) holds no certificate: expected a PEM file with \
         `-----BEGIN CERTIFICATE-----`, the server's own certificate first, then the intermediate ones",
        .path.display()
    )]
    NoCertificate {
        /// The configured file.
        path: PathBuf,
    },
    /// The key's file holds no private key.
    #[error(
        "the TLS key {} (server.tls_key) holds no private key: expected an unencrypted PEM file with \
         `-----BEGIN PRIVATE KEY-----`",
        .path.display()
    )]
    NoKey {
        /// The configured file.
        path: PathBuf,
    },
    /// The certificate's file is damaged.
    #[error("the TLS certificate {} (server.tls_certificate) is damaged: {reason}", .path.display())]
    CertificateDamaged {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key's file is damaged or of a kind that TLS does not use.
    #[error("the TLS key {} (server.tls_key) is damaged or of an unknown kind: {reason}", .path.display())]
    KeyDamaged {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not the certificate's.
    #[error(
        "the TLS key {} (server.tls_key) does not belong to the first certificate in {} (server.tls_certificate)",
        .key.display(), .certificate.display()
    )]
    KeyMismatch {
        /// The configured certificate.
        certificate: PathBuf,
        /// The configured key.
        key: PathBuf,
    },
}

impl Tls {
    /// Reads a PEM certificate chain and its unencrypted PEM private key (PKCS #8, PKCS #1 or SEC1).
    ///
    /// The error names the file and what is wrong with it.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let chain = read_chain(certificate)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let signing_key = provider
            .key_provider
            .load_private_key(read_key(key)?)
            .map_err(|error| TlsError::KeyDamaged { path: key.to_owned(), reason: error.to_string() })?;
        let certified = CertifiedKey::new(chain, signing_key);
        certified.keys_match().map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                TlsError::KeyMismatch { certificate: certificate.to_owned(), key: key.to_owned() }
            }
            other => TlsError::CertificateDamaged { path: certificate.to_owned(), reason: other.to_string() },
        })?;
        let mut config = protocol_versions(provider)
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Completes the handshake and tells which protocol the client has chosen.
    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<(TlsStream<TcpStream>, Protocol)> {
        let stream = self.0.accept(socket).await?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(ALPN_HTTP2) => Protocol::Http2,
            _ => Protocol::Http1,
        };
        Ok((stream, protocol))
    }
}

fn protocol_versions(provider: Arc<CryptoProvider>) -> ConfigBuilder<ServerConfig, WantsVerifier> {
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has cipher suites for TLS 1.2 and 1.3")
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    match chain {
        Ok(chain) if chain.is_empty() => Err(TlsError::NoCertificate { path: path.to_owned() }),
        Ok(chain) => Ok(chain),
        Err(pem::Error::Io(source)) => Err(TlsError::CertificateUnreadable { path: path.to_owned(), source }),
        Err(error) => Err(TlsError::CertificateDamaged { path: path.to_owned(), reason: error.to_string() }),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::Io(source) => TlsError::KeyUnreadable { path: path.to_owned(), source },
        pem::Error::NoItemsFound => TlsError::NoKey { path: path.to_owned() },
        other => TlsError::KeyDamaged { path: path.to_owned(), reason: other.to_string() },
    })
}
