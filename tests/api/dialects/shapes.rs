//! What goes wrong before or around a handler is worded by the dialect whose path it is.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use portcullis::dialects::mounted;
use portcullis::http::{HttpState, assemble};
use portcullis::resources::sessions::SessionAuthenticator;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;

use super::speak;
use crate::support::{Anonymous, Answer, TestApp};

/// Where a dialect puts its words.
fn words<'a>(dialect: &str, answer: &'a Answer) -> &'a Value {
    match dialect {
        "profile_api" | "book_library" | "form_login" => &answer.json["message"],
        _ => &answer.json["error"],
    }
}

#[track_caller]
fn worded(dialect: &str, answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{dialect}: {answer:#?}");
    assert!(words(dialect, answer).as_str().is_some_and(|words| !words.is_empty()), "{dialect}: {answer:#?}");
    assert_eq!(answer.header("content-type"), "application/json", "{dialect}");
    let members: Vec<_> = answer.json.as_object().unwrap().keys().map(String::as_str).collect();
    match dialect {
        "book_library" => assert_eq!(members, ["data", "error", "message"], "{answer:#?}"),
        _ => assert_eq!(members.len(), 1, "{dialect}: {answer:#?}"),
    }
    assert_eq!(answer.headers.contains_key("retry-after"), matches!(status, 429 | 503), "{answer:#?}");
    assert!(!answer.header("x-request-id").is_empty());
}

const SIGN_INS: [(&str, &str); 5] = [
    ("profile_api", "/api/login"),
    ("task_manager", "/auth/login"),
    ("book_library", "/users/login"),
    ("form_login", "/login"),
    ("approval_gate", "/login"),
];

async fn sign_in(caller: &Anonymous, dialect: &str, path: &str) -> Answer {
    if dialect == "form_login" {
        let form = caller.header("content-type", "application/x-www-form-urlencoded");
        form.send(axum::http::Method::POST, path, "email=a@example.com&password=wrong").await
    } else {
        let body = json!({ "email": "a@example.com", "username": "a", "password": "Wrong#1" });
        caller.post(path, &body).await
    }
}

async fn register(caller: &Anonymous, dialect: &str) -> Answer {
    let path = match dialect {
        "profile_api" => "/api/register",
        "task_manager" => "/auth/register",
        "book_library" => "/users/",
        "form_login" => {
            let form = caller.header("content-type", "application/x-www-form-urlencoded");
            let fields = "name=Ada&email=ada@example.com&password=secret123";
            return form.send(axum::http::Method::POST, "/signup", fields).await;
        }
        _ => "/register",
    };
    let body = json!({
        "name": "Ada King", "username": "ada", "email": "ada@example.com",
        "password": "Secret#123", "confirm_password": "Secret#123",
    });
    caller.post(path, &body).await
}

#[tokio::test]
async fn a_full_server_and_one_without_a_database_speak_the_dialect() {
    for (dialect, path) in SIGN_INS {
        let app = TestApp::with(|config| {
            speak(config, &[(dialect, "/")]);
            config.server.max_in_flight = 0;
        });
        let app = app.await;
        worded(dialect, &app.anonymous().get(path).await, 503);
        app.anonymous().get("/api/v1/tasks").await.problem(503, "server.busy");

        let app = TestApp::with(|config| speak(config, &[(dialect, "/")])).await;
        app.app.db.close(Duration::from_secs(5));
        worded(dialect, &register(&app.anonymous(), dialect).await, 503);
    }
}

#[tokio::test]
async fn too_many_sign_ins_are_told_so_in_the_dialect() {
    for (dialect, path) in SIGN_INS {
        let app = TestApp::with(|config| {
            speak(config, &[(dialect, "/")]);
            config.limits.enabled = true;
        });
        let app = app.await;
        let mut answer = sign_in(&app.anonymous(), dialect, path).await;
        for _ in 0..200 {
            if answer.status == 429 {
                break;
            }
            let wrong = if dialect == "book_library" { 404 } else { 401 };
            assert_eq!(answer.status, wrong, "{dialect}: {answer:#?}");
            answer = sign_in(&app.anonymous(), dialect, path).await;
        }
        worded(dialect, &answer, 429);
    }
}

#[tokio::test]
async fn a_panic_is_told_in_the_dialect() {
    for (dialect, _) in SIGN_INS {
        let app = TestApp::with(|config| speak(config, &[(dialect, "/")])).await;
        let (doors, faces) = mounted(&app.app.config.dialects);
        let doors = doors.route("/panic", get(async || -> StatusCode { panic!("on purpose") }));
        let authenticator = Arc::new(SessionAuthenticator::new(Arc::clone(&app.app)));
        let state = HttpState { app: Arc::clone(&app.app), authenticator };
        let router = assemble(&state, OpenApiRouter::new(), doors, Router::new(), faces);
        let answer = Anonymous::new(router).get("/panic").await;
        worded(dialect, &answer, 500);
        assert!(!answer.text.contains("on purpose"), "{dialect}: {answer:#?}");
    }
}

#[tokio::test]
async fn a_closed_registration_is_told_in_the_dialect() {
    for (dialect, _) in SIGN_INS {
        let app = TestApp::with(|config| {
            speak(config, &[(dialect, "/")]);
            config.accounts.registration = portcullis::config::Registration::Closed;
        });
        worded(dialect, &register(&app.await.anonymous(), dialect).await, 403);
    }
}

#[tokio::test]
async fn the_servers_own_rule_for_passwords_holds_where_it_is_asked_for() {
    for (dialect, path, setting) in [
        ("profile_api", "/api/register", "profile_api_password"),
        ("task_manager", "/auth/register", "task_manager_password"),
        ("book_library", "/users/", "book_library_password"),
        ("approval_gate", "/register", "approval_gate_password"),
    ] {
        let app = TestApp::with(|config| speak(config, &[(dialect, "/"), (setting, "server")])).await;
        let register = async |password: &str| {
            let body = json!({
                "name": "Ada King", "username": "ada", "email": "ada@example.com",
                "password": password, "confirm_password": password,
            });
            app.anonymous().post(path, &body).await.status.as_u16()
        };
        assert!(matches!(register("password1").await, 400 | 422), "{dialect} takes a common one");
        assert_eq!(register("correct horse battery staple!").await, 201, "{dialect}");
    }
}
