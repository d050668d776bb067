//! Key sets: one Ed25519 signing key and one MAC secret, made, rotated and revoked together under one id.
//!
//! The keys stand in files of the data folder that only their owner can read, or, for several nodes on one database,
//! sealed in it (`key_sets`); a ring holds them ready to use.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretBox};

use super::Mac;
use super::key_material::KeyMaterial;
use crate::base::{Randomness, Timestamp};

/// What a key set may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Signs new tokens.
    Current,
}

impl KeyState {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
        }
    }
}

/// The keys of one set, ready to use.
pub struct KeySet {
    /// The id, `kid` in tokens: 16 hexadecimal digits.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    signing: Ed25519KeyPair,
    /// What every token of this set begins with.
    header: String,
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
        Ok(Self {
            id: material.id.clone(),
            created_at: material.created_at,
            header: BASE64_URL_SAFE_NO_PAD
                .encode(format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{}"}}"#, material.id)),
            verifying: DecodingKey::from_ed_der(&public),
            refresh: Mac::derive(mac.expose_secret(), "refresh token"),
            cursor: Mac::derive(mac.expose_secret(), "cursor"),
            idempotency: Mac::derive(mac.expose_secret(), "idempotency key"),
            device: Mac::derive(mac.expose_secret(), "known device"),
            guess: Mac::derive(mac.expose_secret(), "password guess"),
            public,
            signing: pair,
        })
    }

    /// A signed token with these claims (RFC 7515, compact form). The pair is parsed once and the header written once:
    /// jsonwebtoken does both for every token.
    pub fn sign(&self, claims: &[u8]) -> String {
        let mut token = String::with_capacity(512);
        token.push_str(&self.header);
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signing.sign(token.as_bytes());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// The public key as a JSON Web Key (RFC 8037).
    pub fn public_jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id, "x": BASE64_URL_SAFE_NO_PAD.encode(&self.public),
        })
    }
}

/// All key sets of this server. The newest signs; every set in the ring verifies.
pub struct KeyRing {
    sets: RwLock<Sets>,
}

struct Sets {
    current: Arc<KeySet>,
    by_id: HashMap<String, Arc<KeySet>>,
}

impl KeyRing {
    /// A ring of these sets, at least one.
    ///
    /// # Errors
    /// A sentence when there is none.
    pub(super) fn new(sets: Vec<KeySet>) -> Result<Self, String> {
        let mut sets: Vec<_> = sets.into_iter().map(Arc::new).collect();
        sort(&mut sets);
        let current = sets.last().cloned().ok_or("There is no key set.")?;
        let by_id = sets.into_iter().map(|set| (set.id.clone(), set)).collect();
        Ok(Self { sets: RwLock::new(Sets { current, by_id }) })
    }

    /// A ring of one new set that is written down nowhere.
    ///
    /// # Errors
    /// A sentence when the cryptographic library makes no key.
    pub fn unwritten(random: &dyn Randomness, now: Timestamp) -> Result<Self, String> {
        Self::new(vec![KeySet::from_material(&KeyMaterial::make(random, now)?)?])
    }

    /// The set that signs.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.sets.read().unwrap_or_else(PoisonError::into_inner).current)
    }

    /// The set of this id, if it may still verify.
    pub fn find(&self, id: &str) -> Option<Arc<KeySet>> {
        self.sets.read().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    /// Every set that verifies, oldest first.
    pub fn all(&self) -> Vec<Arc<KeySet>> {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = sets.by_id.values().cloned().collect();
        sort(&mut all);
        all
    }
}

fn sort(sets: &mut [Arc<KeySet>]) {
    sets.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
}
