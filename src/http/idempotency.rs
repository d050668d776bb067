//! The `Idempotency-Key` header of a creation.

use axum::body::Bytes;
use axum::http::HeaderMap;

use crate::base::{Error, Result};
use crate::security::{KeyRing, Mac};

/// A caller's wish to have a creation happen once.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The caller's key, 1 to 200 visible ASCII characters.
    pub key: String,
    /// Method and path.
    pub route: &'static str,
    body: Bytes,
}

impl IdempotencyKey {
    /// Reads the header, if there is one.
    ///
    /// # Errors
    /// `request.invalid` when it is empty, too long, not visible ASCII or given twice.
    pub fn read(headers: &HeaderMap, route: &'static str, body: Bytes) -> Result<Option<Self>> {
        let mut lines = headers.get_all("idempotency-key").iter();
        let Some(line) = lines.next() else { return Ok(None) };
        let visible = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
        let key = line.to_str().ok().filter(|key| (1..=200).contains(&key.len())).filter(visible);
        match (key, lines.next()) {
            (Some(key), None) => Ok(Some(Self { key: key.to_owned(), route, body })),
            _ => Err(Error::invalid(Vec::new()).with_field(
                "Idempotency-Key",
                "malformed",
                "Idempotency-Key must be one header of 1 to 200 visible ASCII characters.",
            )),
        }
    }

    /// The body's fingerprint under a server key: bodies are compared, never kept.
    pub fn body_mac(&self, keys: &KeyRing) -> [u8; Mac::BYTES] {
        keys.current().idempotency.tag(&[&self.body])
    }

    /// Whether a fingerprint, made by any of our key sets, is that of this body.
    pub fn same_body(&self, fingerprint: &[u8], keys: &KeyRing) -> bool {
        keys.all().iter().any(|(set, _)| set.idempotency.verify(&[&self.body], fingerprint))
    }
}
