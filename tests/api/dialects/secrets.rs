//! The secrets that the originals' texts print open nothing, however much of a token is right besides.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{DIALECTS, speak};
use crate::support::TestApp;

/// All secrets that the originals' texts print.
const PUBLISHED: [&str; 5] =
    ["your-secret-key-here", "myjwtsecretkey", "this is a secret", "your secret key", "testapi"];

/// What the originals' tokens claim, all at once.
fn legacy_claims() -> Value {
    json!({
        "user_id": 1, "public_id": "00000000-0000-7000-8000-000000000000", "sub": "admin", "role": "admin",
        "fresh": false, "type": "access", "jti": "x", "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 4_000_000_000_u64,
    })
}

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn signed(secret: &str, header: &Value, claims: &Value) -> String {
    let content = format!("{}.{}", part(header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, content.as_bytes());
    format!("{content}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

/// A token as an original makes it, signed with a published secret; `more` overrides claims.
pub fn forged(secret: &str, more: &Value) -> String {
    let mut claims = legacy_claims();
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    signed(secret, &json!({ "alg": "HS256", "typ": "JWT" }), &claims)
}

/// The same without a signature.
pub fn unsigned() -> String {
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&legacy_claims()))
}

#[tokio::test]
async fn no_published_secret_makes_a_token_at_any_door() {
    let everywhere: Vec<_> = DIALECTS.iter().map(|(name, _)| (*name, format!("/{name}"))).collect();
    let everywhere: Vec<_> = everywhere.iter().map(|(name, path)| (*name, path.as_str())).collect();
    let app = TestApp::with(|config| speak(config, &everywhere)).await;
    let ada = app.user("ada").await;
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let mut parts = ada.access_token.split('.');
    let (mut header, mut claims) = (decoded(parts.next().unwrap()), decoded(parts.next().unwrap()));
    header["alg"] = "HS256".into();
    for (name, value) in
        [("user_id", json!(1)), ("public_id", claims["sub"].clone()), ("role", json!("admin"))]
    {
        claims[name] = value;
    }
    let doors = [
        "/api/v1/account",
        "/profile_api/api/users/profile",
        "/profile_api/api/protected",
        "/task_manager/tasks/",
        "/task_manager/users/1",
        "/book_library/users/",
        "/book_library/books/",
        "/form_login/user",
        "/approval_gate/dashboard",
        "/approval_gate/admin",
    ];
    let status = async |token: &str, door: &str| {
        let caller = app.anonymous().header("authorization", &format!("Bearer {token}"));
        caller.header("x-access-token", token).get(door).await.status.as_u16()
    };
    for door in doors {
        let genuine = status(&ada.access_token, door).await;
        assert!(genuine == 200 || (door.ends_with("admin") && genuine == 403), "{door}: {genuine}");
        for secret in PUBLISHED {
            for token in [forged(secret, &json!({})), signed(secret, &header, &claims)] {
                let refused = status(&token, door).await;
                assert!(matches!(refused, 401 | 422), "{secret} opens {door}: {refused}");
            }
        }
    }
}
