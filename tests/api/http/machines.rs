//! What machines and first visitors ask for.

use serde_json::{Value, json};

use crate::support::{TestApp, server};

#[tokio::test]
async fn health_and_readiness_are_told_to_anyone() {
    let app = TestApp::new().await;
    let alive = app.anonymous().get("/healthz").await.expect(200);
    assert_eq!(
        (alive.json, alive.headers["content-type"].to_str().unwrap()),
        (json!({ "status": "ok" }), "application/json")
    );
    let ready = app.anonymous().get("/readyz").await.expect(200);
    let mail = json!({ "failing_since": null, "wrong_settings": [] });
    assert_eq!(ready.json, json!({ "status": "ready", "database": "ready", "mail": mail }));
}

#[tokio::test]
async fn the_key_set_holds_public_keys_only_and_names_the_one_that_signs() {
    use base64::Engine;
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let answer = app.anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.json["keys"].as_array().unwrap();
    let head = ada.access_token.split('.').next().unwrap();
    let head: Value =
        serde_json::from_slice(&base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    assert!(keys.iter().any(|key| key["kid"] == head["kid"] && !head["kid"].is_null()), "{head} {keys:?}");
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["crv"], &key["use"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("sig"))
        );
        assert!(key["x"].is_string());
        for private in ["d", "k", "p", "q"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[tokio::test]
async fn the_front_page_is_a_page_for_a_browser_and_data_for_a_client() {
    let app =
        TestApp::with(|config| config.server = server(&[("public_url", "https://portcullis.example/")]))
            .await;
    for accept in ["*/*", "application/json", ""] {
        let client = app.anonymous().header("accept", accept).get("/").await.expect(200);
        let wanted = json!({
            "name": "Portcullis",
            "version": env!("CARGO_PKG_VERSION"),
            "api": "https://portcullis.example/api/v1",
            "documentation": "https://portcullis.example/docs",
        });
        assert_eq!((client.header("content-type"), &client.json), ("application/json", &wanted));
    }
    let browser = app
        .anonymous()
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .get("/")
        .await
        .expect(200);
    assert_eq!(browser.header("content-type"), "text/html; charset=utf-8");
    let links = browser.text.split('"').filter(|text| text.starts_with('/'));
    let mut followed = 0;
    for link in links {
        let answer = app.anonymous().get(link).await;
        // The account's page sends strangers to sign in.
        let answer = match answer.header("location").to_owned() {
            to if link == "/account" => app.anonymous().get(&to).await,
            _ => answer,
        };
        answer.expect(200);
        followed += 1;
    }
    assert!(followed >= 4, "{}", browser.text);
}
