//! Signing in.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

const PATH: &str = "/api/v1/auth/login";

#[tokio::test]
async fn a_sign_in_gives_tokens_and_the_account() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let answer =
        app.anonymous().post(PATH, &json!({ "login": "ada", "password": PASSWORD })).await.expect(200);
    let mut members: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
    members.sort();
    let expected =
        ["access_token", "account", "expires_in", "refresh_expires_in", "refresh_token", "token_type"];
    assert_eq!(members, expected);
    assert_eq!(answer.json["token_type"], "Bearer");
    assert_eq!(answer.json["expires_in"], 900);
    assert_eq!(answer.json["refresh_expires_in"], 30 * 24 * 3600);
    assert_eq!(answer.json["account"], user.account);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.text.contains("argon2"));
}

#[tokio::test]
async fn both_names_sign_in_in_any_case() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    for login in ["ada", "ADA", " Ada ", "ada@example.com", "ADA@EXAMPLE.COM", "\tada@Example.com\n"] {
        assert_eq!(
            app.anonymous().sign_in(login, PASSWORD).await.account["id"],
            user.account["id"],
            "{login:?}"
        );
    }
}

/// A stranger learns nothing about which names exist.
#[tokio::test]
async fn unknown_names_and_wrong_passwords_are_answered_alike() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut answers = Vec::new();
    for (login, password) in [
        ("ada", "wrong password"),
        ("ada@example.com", "wrong password"),
        ("ada", ""),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("not an @ address", PASSWORD),
        ("", ""),
        ("ada' OR '1'='1", PASSWORD),
        ("ad%", PASSWORD),
        ("ada\0", PASSWORD),
    ] {
        let answer = app.anonymous().post(PATH, &json!({ "login": login, "password": password })).await;
        let mut answer = answer.problem(401, "auth.invalid_credentials");
        answer.json["request_id"] = Value::Null;
        answers.push(answer.json);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn a_request_that_is_no_sign_in_is_refused_field_by_field() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let before = app.rows().await;
    let table: [(Value, &[&str]); 4] = [
        (json!({}), &["login: required", "password: required"]),
        (json!({ "login": null, "password": 7 }), &["login: required", "password: wrong_type"]),
        (
            json!({ "login": ["ada"], "password": { "$ne": "" } }),
            &["login: wrong_type", "password: wrong_type"],
        ),
        (json!({ "login": "ada", "password": PASSWORD, "role": "admin" }), &["role: unknown_field"]),
    ];
    for (body, fields) in table {
        assert_eq!(
            app.anonymous().post(PATH, &body).await.problem(422, "request.invalid").fields(),
            fields,
            "{body}"
        );
    }
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn a_sign_in_ignores_whoever_is_signed_in_already() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let answer = ada.post(PATH, &json!({ "login": "grace", "password": PASSWORD })).await.expect(200);
    assert_eq!(answer.json["account"]["id"], grace.account["id"]);
    ada.get("/api/v1/account").await.expect(200);
}
