//! Tokens as an attacker, or an older version of us, might make them: signed with the test server's own keys.

use std::fs;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use serde_json::{Value, json};

use crate::support::TestApp;

/// Who holds the server's keys.
pub struct Forger {
    pub key_id: String,
    pub public: Vec<u8>,
    pub mac_secret: Vec<u8>,
    pair: Ed25519KeyPair,
}

impl Forger {
    /// With the key file of this server.
    pub fn of(app: &TestApp) -> Self {
        let set = app.app.keys.current();
        let path = app.app.config.data.dir.join("keys").join(format!("{}.json", set.id));
        let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let bytes = |member: &str| BASE64_STANDARD.decode(file[member].as_str().unwrap()).unwrap();
        Self {
            key_id: set.id.to_string(),
            public: set.public.clone(),
            mac_secret: bytes("mac_secret"),
            pair: Ed25519KeyPair::from_pkcs8(&bytes("signing_key")).unwrap(),
        }
    }

    /// The header that this server's tokens carry.
    pub fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": self.key_id })
    }

    /// A token with a right signature, whatever it says.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let input = signing_input(header, claims);
        let signature = self.pair.sign(input.as_bytes());
        format!("{input}.{}", BASE64_URL.encode(signature))
    }

    /// A token signed with HS256 and a secret of the attacker's choice.
    pub fn sign_hs256(header: &Value, claims: &Value, secret: &[u8]) -> String {
        let input = signing_input(header, claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), input.as_bytes());
        format!("{input}.{}", BASE64_URL.encode(tag))
    }
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", BASE64_URL.encode(header.to_string()), BASE64_URL.encode(claims.to_string()))
}

/// What a token says, unverified.
pub fn claims_of(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL.decode(body).unwrap()).unwrap()
}
