//! Scripts of other origins: the configured ones may call, on every kind of answer; nobody else.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::Method;
use axum::routing::get;
use portcullis::config::Server;
use serde_json::json;

use crate::http::caller_of;
use crate::support::{Anonymous, Answer, TestApp, server};

const SHOP: &str = "https://shop.example";
const ALLOWED: &str = "access-control-allow-origin";

async fn with_origins(origins: &[&str]) -> TestApp {
    let server = server(&[("cors_origins", &origins.join(","))]);
    TestApp::with(|config| config.server = server).await
}

async fn preflight(caller: &Anonymous, origin: &str, path: &str) -> Answer {
    let caller = caller.header("origin", origin).header("access-control-request-method", "PATCH");
    let caller = caller
        .header("access-control-request-headers", "authorization,content-type,if-match,idempotency-key");
    caller.send(Method::OPTIONS, path, "").await
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn a_preflight_tells_what_a_configured_origin_may_send() {
    let app = with_origins(&["https://other.example", SHOP]).await;
    for path in ["/api/v1/tasks", "/api/v1/auth/login", "/nowhere"] {
        let answer = preflight(&app.anonymous(), SHOP, path).await.expect(200);
        assert_eq!(answer.header(ALLOWED), SHOP);
        let methods = words(answer.header("access-control-allow-methods"));
        assert!(words("get,head,post,put,patch,delete").is_subset(&methods), "{methods:?}");
        let headers = words(answer.header("access-control-allow-headers"));
        let needed =
            "authorization,content-type,if-match,if-none-match,idempotency-key,x-access-token,x-request-id";
        assert!(words(needed).is_subset(&headers), "{headers:?}");
        assert_eq!(answer.header("access-control-max-age"), "3600");
    }
}

#[tokio::test]
async fn failures_can_be_read_by_a_configured_origin_as_well_as_successes() {
    let app = with_origins(&[SHOP]).await;
    let ada = app.user("ada").await;
    let made = ada.header("origin", SHOP).post("/api/v1/tasks", &json!({ "title": "Engine" })).await;
    let nobody = app.anonymous().header("origin", SHOP);
    let panicking =
        caller_of(&app, Router::new().route("/panics", get(async || -> &str { panic!("on purpose") })));
    let answers = [
        (201, made),
        (200, nobody.get("/healthz").await),
        (401, nobody.get("/api/v1/tasks").await),
        (404, nobody.get("/nowhere").await),
        (405, nobody.delete("/api/v1/auth/login").await),
        (415, nobody.send(Method::POST, "/api/v1/auth/login", "x").await),
        (422, ada.header("origin", SHOP).get("/api/v1/tasks?limit=0").await),
        (500, panicking.header("origin", SHOP).get("/panics").await),
    ];
    for (status, answer) in answers {
        let answer = answer.expect(status);
        assert_eq!(answer.header(ALLOWED), SHOP, "{status}");
        let exposed = words(answer.header("access-control-expose-headers"));
        assert!(words("etag,location,retry-after,x-request-id").is_subset(&exposed), "{exposed:?}");
        assert!(words(answer.header("vary")).contains("origin"), "{status}");
    }
}

#[tokio::test]
async fn a_busy_server_tells_a_configured_origin_too() {
    let server = Server { max_in_flight: 0, ..server(&[("cors_origins", SHOP)]) };
    let app = TestApp::with(|config| config.server = server).await;
    let answer = app.anonymous().header("origin", SHOP).get("/").await.problem(503, "server.busy");
    assert_eq!(answer.header(ALLOWED), SHOP);
}

#[tokio::test]
async fn other_origins_are_told_nothing() {
    let app = with_origins(&[SHOP]).await;
    for origin in
        ["https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "null", ""]
    {
        assert_eq!(
            preflight(&app.anonymous(), origin, "/api/v1/tasks").await.header(ALLOWED),
            "",
            "{origin}"
        );
        assert_eq!(
            app.anonymous().header("origin", origin).get("/healthz").await.header(ALLOWED),
            "",
            "{origin}"
        );
    }
}

#[tokio::test]
async fn without_configured_origins_there_is_no_cors_at_all() {
    let app = TestApp::new().await;
    let named =
        |answer: &Answer| answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
    let answer =
        preflight(&app.anonymous(), SHOP, "/api/v1/tasks").await.problem(405, "route.method_not_allowed");
    assert!(!named(&answer));
    assert!(!named(&app.anonymous().header("origin", SHOP).get("/healthz").await));
}

#[tokio::test]
async fn a_star_means_any_origin_and_credentials_are_never_allowed() {
    let app = with_origins(&["*"]).await;
    for origin in [SHOP, "https://evil.example"] {
        let get = app.anonymous().header("origin", origin).get("/healthz").await;
        for answer in [preflight(&app.anonymous(), origin, "/api/v1/tasks").await, get] {
            assert_eq!(answer.header(ALLOWED), "*");
            assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        }
    }
}

#[tokio::test]
async fn options_without_a_browsers_question_reach_their_route() {
    let server = server(&[("cors_origins", SHOP)]);
    let app = TestApp::with(|config| {
        config.server = server;
        crate::dialects::speak(config, &[("task_manager", "/old")]);
    });
    let app = app.await;
    let asked = app.anonymous().header("origin", SHOP).send(Method::OPTIONS, "/old/tasks/", "").await;
    assert_eq!(asked.expect(200).header("allow"), "GET, HEAD, POST, OPTIONS");
    app.anonymous().send(Method::OPTIONS, "/old/nowhere", "").await.expect(404);
    assert_eq!(preflight(&app.anonymous(), SHOP, "/old/tasks/").await.expect(200).header(ALLOWED), SHOP);
}
