//! The access log: one line a request, and in it nothing that must not be read by others.

use serde_json::json;

use axum::Router;
use axum::routing::get;

use crate::http::caller_of;
use crate::http::log::Log;
use crate::support::{PASSWORD, TestApp, server};

#[tokio::test]
async fn each_request_has_one_line_without_secrets_and_addresses() {
    let (log, _guard) = Log::capture();
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let wrong = json!({ "login": "ada@example.com", "password": "a wrong Secret-1" });
    app.anonymous().post("/api/v1/auth/login", &wrong).await.expect(401);
    let next = app.anonymous().refresh(&ada.refresh_token).await.expect(200);
    let ada = ada.with_tokens(&next);
    ada.task("Engine of ada@example.com").await;
    ada.get("/api/v1/tasks?q=ada@example.com").await.expect(200);
    ada.get(&format!("/api/v1/tasks/{}", ada.access_token)).await.expect(404);
    ada.get("/ada@example.com?mail=ada@example.com").await.expect(404);
    ada.get("/ada%40example.com/x%0Ay").await.expect(404);
    let caller =
        ada.header("referer", "https://x.example/ada@example.com").header("x-request-id", "ada@example.com");
    caller.get("/api/v1/account").await.expect(200);
    app.anonymous().header("authorization", "Bearer Secret-2.x.y").get("/api/v1/account").await.expect(401);
    let seen: Vec<_> =
        log.requests().iter().map(|line| json!([line["method"], line["route"], line["status"]])).collect();
    let wanted = [
        json!(["POST", "/api/v1/auth/register", 201]),
        json!(["POST", "/api/v1/auth/login", 200]),
        json!(["POST", "/api/v1/auth/login", 401]),
        json!(["POST", "/api/v1/auth/refresh", 200]),
        json!(["POST", "/api/v1/tasks", 201]),
        json!(["GET", "/api/v1/tasks", 200]),
        json!(["GET", "/api/v1/tasks/{id}", 404]),
        json!(["GET", "-", 404]),
        json!(["GET", "-", 404]),
        json!(["GET", "/api/v1/account", 200]),
        json!(["GET", "/api/v1/account", 401]),
    ];
    assert_eq!(seen, wanted);
    let text = log.text();
    let signature = ada.access_token.rsplit('.').next().unwrap();
    let secrets = [
        PASSWORD,
        "Secret-",
        "example.com",
        "example%40",
        &ada.access_token,
        &ada.refresh_token,
        signature,
        "argon2",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn a_line_names_the_answer_that_the_client_saw() {
    let (log, _guard) = Log::capture();
    let app = TestApp::new().await;
    // Another test may be the first to pass a log line, and make its interest known a moment after the capture began.
    app.anonymous().get("/nowhere").await;
    tracing::callsite::rebuild_interest_cache();
    log.clear();
    let answer = app.anonymous().get("/nowhere").await.problem(404, "route.not_found");
    let named = app.anonymous().header("x-request-id", "mine-1").get("/healthz").await.expect(200);
    let lines = log.requests();
    assert_eq!(lines[0]["request_id"], answer.header("x-request-id"));
    assert_eq!((&lines[0]["code"], &lines[0]["client"]), (&json!("route.not_found"), &json!("127.0.0.1")));
    assert_eq!((&lines[1]["request_id"], named.header("x-request-id")), (&json!("mine-1"), "mine-1"));
    assert!(lines.iter().all(|line| line["micros"].is_u64()));
}

#[tokio::test]
async fn preflights_and_failures_of_ours_are_logged_with_their_weight() {
    let (log, _guard) = Log::capture();
    let app =
        TestApp::with(|config| config.server = server(&[("cors_origins", "https://shop.example")])).await;
    let caller =
        caller_of(&app, Router::new().route("/panics", get(async || -> &str { panic!("on purpose") })));
    caller.get("/panics").await.problem(500, "server.internal");
    let preflight =
        caller.header("origin", "https://shop.example").header("access-control-request-method", "GET");
    preflight.send(axum::http::Method::OPTIONS, "/api/v1/tasks", "").await.expect(200);
    let seen: Vec<_> =
        log.requests().iter().map(|line| json!([line["level"], line["method"], line["status"]])).collect();
    assert_eq!(seen, [json!(["ERROR", "GET", 500]), json!(["INFO", "OPTIONS", 200])]);
    assert!(log.requests()[0]["cause"].as_str().unwrap().contains("panicked"));
}
