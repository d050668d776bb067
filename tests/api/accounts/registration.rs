//! Making an account.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

const PATH: &str = "/api/v1/auth/register";

#[tokio::test]
async fn a_stranger_makes_an_account_and_signs_in() {
    let app = TestApp::new().await;
    let body = json!({ "email": "Ada@Example.com", "username": "Ada", "name": " Ada Lovelace ", "password": PASSWORD });
    let answer = app.anonymous().post(PATH, &body).await.expect(201);
    assert_eq!(answer.header("location"), "/api/v1/account");
    assert!(answer.header("etag").starts_with('"'));
    let mut account = answer.json.clone();
    let id = account.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        account,
        json!({
            "email": "Ada@Example.com", "username": "Ada", "name": "Ada Lovelace", "role": "user", "status": "active",
            "email_verified": false, "created_at": "2026-11-21T12:00:00.000Z", "updated_at": "2026-11-21T12:00:00.000Z",
        })
    );
    let user = app.anonymous().sign_in("ada", PASSWORD).await;
    assert_eq!(user.account, answer.json);
    assert_eq!(user.get("/api/v1/account").await.expect(200).json, answer.json);
}

#[tokio::test]
async fn either_name_is_enough_and_the_rest_may_be_null() {
    let app = TestApp::new().await;
    for (body, email, username) in [
        (json!({ "email": "a@example.com", "password": PASSWORD }), json!("a@example.com"), Value::Null),
        (json!({ "username": "b", "password": PASSWORD }), Value::Null, json!("b")),
        (
            json!({ "email": null, "username": "c", "name": null, "password": PASSWORD }),
            Value::Null,
            json!("c"),
        ),
        (json!({ "username": "d", "name": "  ", "password": PASSWORD }), Value::Null, json!("d")),
    ] {
        let made = app.anonymous().post(PATH, &body).await.expect(201);
        assert_eq!(
            (&made.json["email"], &made.json["username"], &made.json["name"]),
            (&email, &username, &Value::Null)
        );
    }
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once_and_nothing_is_written() {
    let app = TestApp::new().await;
    let before = app.rows().await;
    let long = "x".repeat(201);
    let table: Vec<(Value, &[&str])> = vec![
        (json!({}), &["email: required", "password: required"]),
        (
            json!({ "email": null, "username": null, "password": null }),
            &["email: required", "password: required"],
        ),
        (
            json!({ "email": "nope", "username": "a@b", "name": 5, "password": "short" }),
            &["email: malformed", "name: wrong_type", "password: too_short", "username: malformed"],
        ),
        (
            json!({ "email": 1, "username": [], "name": {}, "password": true }),
            &["email: wrong_type", "name: wrong_type", "password: wrong_type", "username: wrong_type"],
        ),
        (
            json!({ "email": "", "username": "  ", "name": long, "password": PASSWORD }),
            &["email: too_short", "name: too_long", "username: too_short"],
        ),
        (
            json!({ "email": "a@example.com\u{0}", "username": "a\nb", "name": "a\tb", "password": PASSWORD }),
            &["email: control_character", "name: control_character", "username: control_character"],
        ),
        (json!({ "username": "x".repeat(65), "password": PASSWORD }), &["username: too_long"]),
    ];
    for (body, fields) in table {
        let answer = app.anonymous().post(PATH, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), fields, "{body}");
    }
    assert_eq!(app.rows().await, before);
}

/// Nobody gives himself a role, a status or a proven address.
#[tokio::test]
async fn fields_that_are_not_the_callers_to_set_are_refused_and_nothing_is_written() {
    let app = TestApp::new().await;
    let before = app.rows().await;
    let fields =
        ["role", "status", "id", "email_verified", "epoch", "created_at", "Password", "password_hash"];
    for field in fields {
        let mut body = json!({ "username": "ada", "password": PASSWORD });
        body[field] = json!("admin");
        let answer = app.anonymous().post(PATH, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), [format!("{field}: unknown_field")]);
    }
    let body = json!({ "username": "ada", "password": PASSWORD, "role": "admin", "status": "active" });
    let answer = app.anonymous().post(PATH, &body).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["role: unknown_field", "status: unknown_field"]);
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_before_it_is_read() {
    let app = TestApp::new().await;
    let before = app.rows().await;
    let good = json!({ "username": "ada", "password": PASSWORD }).to_string();
    let twice = r#"{"username":"ada","username":"eve","password":"correct horse battery staple"}"#;
    for path in [PATH, "/api/v1/auth/login"] {
        for (media_type, body, status, code) in [
            ("text/plain", good.as_str(), 415, "body.unsupported_media_type"),
            ("application/x-www-form-urlencoded", "username=ada", 415, "body.unsupported_media_type"),
            ("application/json", "", 400, "body.malformed"),
            ("application/json", "{\"username\":", 400, "body.malformed"),
            ("application/json", "{} {}", 400, "body.malformed"),
            ("application/json", "[]", 422, "request.invalid"),
            ("application/json", "\"ada\"", 422, "request.invalid"),
        ] {
            let caller = app.anonymous().header("content-type", media_type);
            caller.send(Method::POST, path, body.to_owned()).await.problem(status, code);
        }
    }
    let caller = app.anonymous().header("content-type", "application/json");
    caller.send(Method::POST, PATH, twice).await.problem(400, "body.malformed");
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn a_closed_server_takes_no_registration_and_says_so() {
    let app =
        TestApp::with(|config| config.accounts.registration = portcullis::config::Registration::Closed).await;
    let before = app.rows().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    app.anonymous().post(PATH, &body).await.problem(403, "registration.closed");
    assert_eq!(app.rows().await, before);
    let admin = app.admin().await;
    assert_eq!(admin.account["role"], "admin");
}

#[tokio::test]
async fn a_taken_name_is_told_by_field_and_nothing_is_written() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let before = app.rows().await;
    for (body, code, field) in [
        (json!({ "email": "ADA@EXAMPLE.COM", "password": PASSWORD }), "account.email_taken", "email: taken"),
        (json!({ "username": "ADA", "password": PASSWORD }), "account.username_taken", "username: taken"),
        (
            json!({ "email": "new@example.com", "username": "Ａda", "password": PASSWORD }),
            "account.username_taken",
            "username: taken",
        ),
    ] {
        let answer = app.anonymous().post(PATH, &body).await.problem(409, code);
        assert_eq!(answer.fields(), [field]);
    }
    assert_eq!(app.rows().await, before);
}
