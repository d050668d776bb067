//! HS256 on request: services that share the secret verify with it, and nothing else passes for it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use portcullis::config::{Config, TokenAlgorithm};
use portcullis::operations::keys;
use portcullis::security::KeyState;
use portcullis::wiring::{self, Surroundings};
use serde_json::{Value, json};

use super::{head_of, in_state, kid_of};
use crate::sessions::forgery::{Forger, claims_of};
use crate::support::TestApp;

const SECRET: &str = "V7m0Qe2kzT9bXc4LrYw8NsPj5HdGuFa1";
const OTHER: &str = "c3RhdGljIG5vaXNlIGluIHRoZSBhdHRpYzE5";

fn shared(config: &mut Config) {
    config.tokens.algorithm = TokenAlgorithm::Hs256;
    config.tokens.hs256_secret = Some(SECRET.into());
}

/// The HMAC that a service computes for itself.
fn hmac_is_right(token: &str, secret: &str) -> bool {
    let (input, tag) = token.rsplit_once('.').unwrap();
    let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).unwrap();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), input.as_bytes(), &tag).is_ok()
}

#[tokio::test]
async fn a_token_verifies_with_the_shared_secret_alone() {
    let app = TestApp::with(shared).await;
    let ada = app.user("ada").await;
    let head = head_of(&ada.access_token);
    assert_eq!((&head["alg"], &head["typ"]), (&json!("HS256"), &json!("at+jwt")));
    assert!(hmac_is_right(&ada.access_token, SECRET) && !hmac_is_right(&ada.access_token, OTHER));
    ada.get("/api/v1/account").await.expect(200);
    let document = app.anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert!(
        !document.text.contains(SECRET) && !document.text.contains("oct") && !document.text.contains("\"k\"")
    );
}

#[tokio::test]
async fn the_key_decides_the_algorithm_never_the_header() {
    let app = TestApp::with(shared).await;
    let ada = app.user("ada").await;
    let forger = Forger::of(&app);
    let claims = claims_of(&ada.access_token);
    let plain = in_state(&app, KeyState::Current).await.to_string();
    let hs = format!("hs256-{plain}");
    let head = |alg: &str, kid: &str| json!({ "typ": "at+jwt", "alg": alg, "kid": kid });
    let hs256 = |header: &Value, secret: &[u8]| Forger::sign_hs256(header, &claims, secret);
    let bare = |header: &Value| {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(header), part(&claims))
    };
    let refused = [
        ("the public key as a secret, kid of EdDSA", hs256(&head("HS256", &plain), &forger.public)),
        ("the public key as a secret, kid of HS256", hs256(&head("HS256", &hs), &forger.public)),
        ("the right secret, kid of EdDSA", hs256(&head("HS256", &plain), SECRET.as_bytes())),
        ("the right secret, said to be EdDSA", hs256(&head("EdDSA", &hs), SECRET.as_bytes())),
        (
            "the right secret, a set that is unknown",
            hs256(&head("HS256", "hs256-0000000000000000"), SECRET.as_bytes()),
        ),
        ("the right secret, no set", hs256(&head("HS256", "hs256-"), SECRET.as_bytes())),
        ("another secret", hs256(&head("HS256", &hs), OTHER.as_bytes())),
        ("the right key pair, kid of HS256", forger.sign(&head("EdDSA", &hs), &claims)),
        ("the right key pair, said to be HS256", forger.sign(&head("HS256", &plain), &claims)),
        ("no algorithm, kid of HS256", bare(&head("none", &hs))),
        ("no algorithm, kid of EdDSA", bare(&head("none", &plain))),
        ("HS384", hs256(&head("HS384", &hs), SECRET.as_bytes())),
    ];
    for (name, token) in refused {
        let answer = app.anonymous().header("authorization", &format!("Bearer {token}"));
        let answer = answer.get("/api/v1/account").await;
        assert_eq!(answer.status, 401, "{name}");
        answer.problem(401, "auth.invalid_token");
    }
    // What a service makes with the secret it shares is good: for a live session and no other.
    let made = hs256(&head("HS256", &hs), SECRET.as_bytes());
    app.anonymous()
        .header("authorization", &format!("Bearer {made}"))
        .get("/api/v1/account")
        .await
        .expect(200);
    let mut dead = claims.clone();
    dead["sid"] = json!("019470d6-0000-7000-8000-000000000000");
    let made = Forger::sign_hs256(&head("HS256", &hs), &dead, SECRET.as_bytes());
    let answer =
        app.anonymous().header("authorization", &format!("Bearer {made}")).get("/api/v1/account").await;
    answer.problem(401, "auth.invalid_token");
}

#[tokio::test]
async fn changing_algorithm_or_secret_signs_nobody_out() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let hs = app.reconfigured(shared).await;
    ada.at(&hs).get("/api/v1/account").await.expect(200);
    let ada = ada.with_tokens(&hs.anonymous().refresh(&ada.refresh_token).await.expect(200)).at(&hs);
    assert!(hmac_is_right(&ada.access_token, SECRET));
    let changed = hs
        .reconfigured(|config| {
            config.tokens.hs256_secret = Some(OTHER.into());
            config.tokens.hs256_previous_secret = Some(SECRET.into());
        })
        .await;
    ada.at(&changed).get("/api/v1/account").await.expect(200);
    let bob = changed.user("bob").await;
    assert!(hmac_is_right(&bob.access_token, OTHER));
    let back = changed
        .reconfigured(|config| {
            config.tokens.algorithm = TokenAlgorithm::EdDsa;
            config.tokens.hs256_secret = None;
            config.tokens.hs256_previous_secret = Some(OTHER.into());
        })
        .await;
    bob.at(&back).get("/api/v1/account").await.expect(200);
    // A secret that is configured no more verifies no more; the session lives.
    ada.at(&back).get("/api/v1/account").await.problem(401, "auth.invalid_token");
    back.advance(std::time::Duration::from_mins(1));
    let refreshed = back.anonymous().refresh(&ada.refresh_token).await.expect(200);
    ada.at(&back).with_tokens(&refreshed).get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn rotation_and_revocation_act_on_shared_secrets_too() {
    let app = TestApp::with(shared).await;
    let ada = app.user("ada").await;
    let before = in_state(&app, KeyState::Current).await;
    assert_eq!(kid_of(&ada.access_token), format!("hs256-{before}"));
    let rotated = keys::rotate(&app.app).await.unwrap();
    ada.get("/api/v1/account").await.expect(200);
    let bob = app.user("bob").await;
    assert_eq!(kid_of(&bob.access_token), format!("hs256-{}", rotated.current));
    keys::revoke(&app.app, before).await.unwrap();
    ada.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    bob.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_secret_that_is_none_is_refused_at_the_start_by_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "this is a secret this is a secret\n").unwrap();
    let start = async |change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        config.data.dir = folder.path().join("data");
        change(&mut config);
        wiring::build(config, Surroundings::default()).await.err().unwrap()
    };
    let why = start(&|config| {
        shared(config);
        config.tokens.hs256_secret = Some("short".into());
    })
    .await;
    assert!(why.contains("tokens.hs256_secret ") && why.contains("32") && !why.contains("\"short"), "{why}");
    let why = start(&|config| {
        config.tokens.algorithm = TokenAlgorithm::Hs256;
        config.tokens.hs256_secret_file = Some(file.clone());
    })
    .await;
    assert!(why.contains("tokens.hs256_secret_file"));
    let why = start(&|config| {
        shared(config);
        config.tokens.hs256_previous_secret = Some("a".repeat(40).into());
    })
    .await;
    assert!(why.contains("tokens.hs256_previous_secret"));
    let why = start(&|config| config.tokens.algorithm = TokenAlgorithm::Hs256).await;
    assert!(why.contains("there is no secret"));
    let why = start(&|config| config.tokens.hs256_secret = Some(SECRET.into())).await;
    assert!(why.contains("tokens.algorithm is EdDSA"));
    let why = start(&|config| {
        shared(config);
        config.tokens.hs256_secret_file = Some(file.clone());
    })
    .await;
    assert!(why.contains("are both set"));
}
