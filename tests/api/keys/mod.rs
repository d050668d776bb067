//! Key sets: rotation, revocation, the document of public keys, and shared secrets.

mod document;
mod files;
mod lost;
mod revocation;
mod rotation;
mod shared_secret;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use portcullis::operations::keys;
use portcullis::security::{KeyId, KeyState};
use serde_json::Value;

use crate::support::TestApp;

/// What the head of a token says.
pub fn head_of(token: &str) -> Value {
    let head = token.split('.').next().unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
}

/// The key set that a token names.
pub fn kid_of(token: &str) -> String {
    head_of(token)["kid"].as_str().unwrap().to_owned()
}

/// The set in this state, by the database.
pub async fn in_state(app: &TestApp, state: KeyState) -> KeyId {
    let listed = keys::list(&app.app).await.unwrap();
    let mut found = listed.iter().filter(|listed| listed.row.state == state).map(|listed| listed.row.id);
    let (first, second) = (found.next().unwrap(), found.next());
    assert_eq!(second, None, "there is one {}", state.as_str());
    first
}
