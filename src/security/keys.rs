//! Key sets: one Ed25519 signing key and one MAC secret, made, rotated and revoked together under one id.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Serialize};

use super::Mac;
use super::key_material::KeyMaterial;
use super::shared_secret::KID_PREFIX;
use crate::base::Timestamp;

/// The name of a key set: 16 hexadecimal digits, `kid` in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(u64);

impl KeyId {
    /// How many bytes it has inside tokens.
    pub const BYTES: usize = 8;

    /// From random bytes, or those of a token.
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// As tokens hold it.
    pub const fn to_bytes(self) -> [u8; Self::BYTES] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

impl FromStr for KeyId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let id = (text.len() == 2 * Self::BYTES && text.bytes().all(digit))
            .then(|| u64::from_str_radix(text, 16).ok())
            .flatten();
        id.map(Self).ok_or_else(|| format!("{text:?} is not the id of a key set: 16 digits of 0-9a-f"))
    }
}

impl TryFrom<String> for KeyId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What a key set may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that everybody knows it before it signs.
    Next,
    /// Signs new tokens.
    Current,
    /// Signs no more; what it signed is good until it expires.
    Previous,
    /// Nothing: whatever it signed is refused, and its secrets are destroyed.
    Revoked,
}

impl KeyState {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Previous => "previous",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for KeyState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Next, Self::Current, Self::Previous, Self::Revoked]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| format!("{word:?} is no state of a key set"))
    }
}

/// The keys of one set, ready to use.
pub struct KeySet {
    /// Its id.
    pub id: KeyId,
    /// When it was made.
    pub created_at: Timestamp,
    signing: Ed25519KeyPair,
    /// What every token begins with that this set signs.
    header: String,
    /// What every token begins with that a shared secret signs for this set.
    pub(super) shared_header: String,
    /// Verifies access tokens.
    pub verifying: DecodingKey,
    /// The public key (32 bytes), for the key set document.
    pub public: Vec<u8>,
    /// Authenticates refresh tokens.
    pub refresh: Mac,
    /// Authenticates cursors.
    pub cursor: Mac,
    /// Fingerprints the bodies of repeatable requests.
    pub idempotency: Mac,
    /// Fingerprints the devices that an account signs in from.
    pub device: Mac,
    /// Fingerprints the names whose passwords are guessed at.
    pub guess: Mac,
    /// Makes the proofs in mails.
    pub mail: Mac,
    /// Binds the forms of pages to whom they were shown.
    pub form: Mac,
}

impl KeySet {
    pub(super) fn from_material(material: &KeyMaterial) -> Result<Self, String> {
        let read = |text: &str| BASE64_STANDARD.decode(text).map(|bytes| SecretBox::new(Box::new(bytes)));
        let signing = read(&material.signing_key).map_err(|_| "signing_key is not base64".to_owned())?;
        let mac = read(&material.mac_secret).map_err(|_| "mac_secret is not base64".to_owned())?;
        if mac.expose_secret().len() < 32 {
            return Err("mac_secret is shorter than 32 bytes".into());
        }
        let pair = Ed25519KeyPair::from_pkcs8(signing.expose_secret())
            .map_err(|_| "signing_key is not an Ed25519 key in PKCS #8".to_owned())?;
        let public = pair.public_key().as_ref().to_vec();
        let id = material.id;
        let header = |alg: &str, prefix: &str| {
            let json = format!(r#"{{"typ":"at+jwt","alg":"{alg}","kid":"{prefix}{id}"}}"#);
            BASE64_URL_SAFE_NO_PAD.encode(json)
        };
        Ok(Self {
            id,
            created_at: material.created_at,
            header: header("EdDSA", ""),
            shared_header: header("HS256", KID_PREFIX),
            verifying: DecodingKey::from_ed_der(&public),
            refresh: Mac::derive(mac.expose_secret(), "refresh token"),
            cursor: Mac::derive(mac.expose_secret(), "cursor"),
            idempotency: Mac::derive(mac.expose_secret(), "idempotency key"),
            device: Mac::derive(mac.expose_secret(), "known device"),
            guess: Mac::derive(mac.expose_secret(), "password guess"),
            mail: Mac::derive(mac.expose_secret(), "mail proof"),
            form: Mac::derive(mac.expose_secret(), "page form"),
            public,
            signing: pair,
        })
    }

    /// A signed token with these claims.
    pub fn sign(&self, claims: &[u8]) -> String {
        compact(&self.header, claims, |input| self.signing.sign(input))
    }

    /// The public key as a JSON Web Key (RFC 8037).
    pub fn public_jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id, "x": BASE64_URL_SAFE_NO_PAD.encode(&self.public),
        })
    }
}

/// A token in compact form (RFC 7515). Keys are parsed once and headers written once: jsonwebtoken does both for every
/// token.
pub(super) fn compact<S: AsRef<[u8]>>(header: &str, claims: &[u8], sign: impl FnOnce(&[u8]) -> S) -> String {
    let mut token = String::with_capacity(512);
    token.push_str(header);
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = sign(token.as_bytes());
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}
