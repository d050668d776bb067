//! Headers that make a browser careful stand on every kind of answer.

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use serde_json::json;

use crate::http::caller_of;
use crate::support::{Answer, TestApp, server};

#[track_caller]
fn assert_guarded(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:#?}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{answer:#?}");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{answer:#?}"
    );
    assert!(
        !answer.header("cache-control").is_empty() && !answer.header("x-request-id").is_empty(),
        "{answer:#?}"
    );
}

#[tokio::test]
async fn every_kind_of_answer_is_guarded() {
    let app =
        TestApp::with(|config| config.server = server(&[("cors_origins", "https://shop.example")])).await;
    let (nobody, ada) = (app.anonymous(), app.user("ada").await);
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let (path, tag) = (made.header("location"), made.header("etag"));
    let preflight =
        nobody.header("origin", "https://shop.example").header("access-control-request-method", "POST");
    let panicking =
        caller_of(&app, Router::new().route("/panics", get(async || -> &str { panic!("on purpose") })));
    let large = ada.header("content-type", "application/json").header("content-length", "999999999");
    let answers = [
        (200, ada.get(path).await),
        (200, ada.get("/api/v1/tasks").await),
        (200, nobody.get("/").await),
        (200, nobody.header("accept", "text/html").get("/").await),
        (200, nobody.get("/assets/portcullis.css").await),
        (200, nobody.get("/docs/").await),
        (200, nobody.get("/docs/errors").await),
        (200, nobody.get("/docs/swagger-ui-bundle.js").await),
        (200, nobody.get("/api/v1/openapi.json").await),
        (200, nobody.get("/healthz").await),
        (200, nobody.get("/readyz").await),
        (200, nobody.get("/.well-known/jwks.json").await),
        (200, nobody.send(Method::HEAD, "/healthz", "").await),
        (200, preflight.send(Method::OPTIONS, "/api/v1/tasks", "").await),
        (304, ada.header("if-none-match", tag).get(path).await),
        (308, nobody.get("/docs").await),
        (
            400,
            nobody
                .header("content-type", "application/json")
                .send(Method::POST, "/api/v1/auth/login", "{")
                .await,
        ),
        (401, nobody.get(path).await),
        (403, ada.get("/api/v1/tasks?owner=019a0000-0000-7000-8000-000000000000").await),
        (404, nobody.get("/nowhere").await),
        (405, nobody.delete("/healthz").await),
        (412, ada.header("if-match", "\"x\"").delete(path).await),
        (413, large.send(Method::POST, "/api/v1/tasks", "{}").await),
        (415, ada.header("content-type", "text/plain").send(Method::POST, "/api/v1/tasks", "{}").await),
        (422, ada.post("/api/v1/tasks", &json!({})).await),
        (500, panicking.get("/panics").await),
        (201, made.clone()),
        (204, ada.delete(path).await),
    ];
    for (status, answer) in answers {
        assert_guarded(&answer.expect(status));
    }
}

#[tokio::test]
async fn private_data_and_tokens_are_kept_out_of_shared_caches() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    assert_eq!(ada.get("/api/v1/tasks").await.header("cache-control"), "no-store");
    assert_eq!(ada.get(&path).await.header("cache-control"), "private, no-cache");
    assert_eq!(
        app.anonymous().refresh(&ada.refresh_token).await.expect(200).header("cache-control"),
        "no-store"
    );
    assert_eq!(app.anonymous().get(&path).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn browsers_are_held_to_https_only_where_it_is_spoken() {
    let over_http = TestApp::new().await;
    assert_eq!(over_http.anonymous().get("/healthz").await.header("strict-transport-security"), "");
    let server = server(&[("public_url", "https://portcullis.example")]);
    let over_https = TestApp::with(|config| config.server = server).await;
    for path in ["/healthz", "/nowhere", "/api/v1/tasks"] {
        let answer = over_https.anonymous().get(path).await;
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    }
}
