//! Reading and changing one's own account.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

const PATH: &str = "/api/v1/account";

#[tokio::test]
async fn only_the_fields_that_are_sent_change() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    app.advance(Duration::from_secs(1));
    let named = user.patch(PATH, &json!({ "name": " Ada " })).await.expect(200);
    let mut expected = user.account.clone();
    expected["name"] = json!("Ada");
    expected["updated_at"] = json!("2026-11-21T12:00:01.000Z");
    assert_eq!(named.json, expected);
    let renamed = user.patch(PATH, &json!({ "username": "Lovelace" })).await.expect(200);
    expected["username"] = json!("Lovelace");
    assert_eq!(renamed.json, expected);
    assert_eq!(user.get(PATH).await.expect(200).json, expected);
    app.anonymous().sign_in("LOVELACE", PASSWORD).await;
    let old =
        app.anonymous().post("/api/v1/auth/login", &json!({ "login": "ada", "password": PASSWORD })).await;
    old.problem(401, "auth.invalid_credentials");
}

#[tokio::test]
async fn null_clears_what_may_be_empty() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    user.patch(PATH, &json!({ "name": "Ada" })).await.expect(200);
    let cleared = user.patch(PATH, &json!({ "name": null, "username": null })).await.expect(200);
    assert_eq!((&cleared.json["name"], &cleared.json["username"]), (&Value::Null, &Value::Null));
    app.user("ada2").await;
    let freed = json!({ "username": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &freed).await.expect(201);
}

#[tokio::test]
async fn the_last_name_to_sign_in_with_cannot_be_cleared() {
    let app = TestApp::new().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
    let user = app.sign_in("ada").await;
    let answer = user.patch(PATH, &json!({ "username": null })).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["username: required"]);
    app.sign_in("ada").await;
}

#[tokio::test]
async fn wrong_fields_are_named_at_once_and_change_nothing() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let before = app.rows().await;
    let table: Vec<(Value, &[&str])> = vec![
        (json!({ "name": 1, "username": "a@b" }), &["name: wrong_type", "username: malformed"]),
        (json!({ "name": "x".repeat(201), "username": "" }), &["name: too_long", "username: too_short"]),
        (
            json!({ "name": "Ada", "role": "admin", "status": "active", "email": "a@example.com", "password": "x" }),
            &[
                "email: unknown_field",
                "password: unknown_field",
                "role: unknown_field",
                "status: unknown_field",
            ],
        ),
    ];
    for (body, fields) in table {
        assert_eq!(user.patch(PATH, &body).await.problem(422, "request.invalid").fields(), fields, "{body}");
    }
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn a_taken_user_name_is_refused_and_ones_own_is_not() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.user("grace").await;
    let answer = ada
        .patch(PATH, &json!({ "username": "GRACE", "name": "x" }))
        .await
        .problem(409, "account.username_taken");
    assert_eq!(answer.fields(), ["username: taken"]);
    assert_eq!(ada.get(PATH).await.expect(200).json, ada.account);
    assert_eq!(ada.patch(PATH, &json!({ "username": "ADA" })).await.expect(200).json["username"], "ADA");
}

#[tokio::test]
async fn a_change_of_a_stale_copy_is_refused() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let stale = user.get(PATH).await.expect(200).header("etag").to_owned();
    let fresh = user.patch(PATH, &json!({ "name": "Ada" })).await.expect(200).header("etag").to_owned();
    assert_ne!(stale, fresh);
    let change = |tag: &str| user.header("if-match", tag);
    for tag in [&stale, "\"nonsense\"", "W/\"2\"", "2"] {
        change(tag).patch(PATH, &json!({ "name": "Eve" })).await.problem(412, "precondition.failed");
    }
    assert_eq!(user.get(PATH).await.expect(200).json["name"], "Ada");
    let changed =
        change(&format!("{stale}, {fresh}")).patch(PATH, &json!({ "name": "Countess" })).await.expect(200);
    assert_eq!(changed.json["name"], "Countess");
    assert_eq!(changed.header("etag"), user.get(PATH).await.expect(200).header("etag"));
    change("*").patch(PATH, &json!({ "name": "Ada" })).await.expect(200);
}

#[tokio::test]
async fn an_unchanged_account_is_not_sent_again() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let read = user.get(PATH).await.expect(200);
    let tag = read.header("etag").to_owned();
    assert_eq!(read.header("cache-control"), "private, no-cache");
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
        let answer = user.header("if-none-match", &known).get(PATH).await.expect(304);
        assert_eq!((answer.text.as_str(), answer.header("etag")), ("", tag.as_str()));
    }
    user.header("if-none-match", "\"other\"").get(PATH).await.expect(200);
    user.patch(PATH, &json!({ "name": "Ada" })).await.expect(200);
    user.header("if-none-match", &tag).get(PATH).await.expect(200);
}

#[tokio::test]
async fn a_method_that_the_account_does_not_take_is_named() {
    let app = TestApp::new().await;
    let answer = app.user("ada").await.post(PATH, &json!({})).await.problem(405, "route.method_not_allowed");
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        assert!(answer.header("allow").contains(method.as_str()), "{answer:#?}");
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_none() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let before = user.get(PATH).await.expect(200);
    app.advance(std::time::Duration::from_secs(5));
    let same = user.patch(PATH, &json!({})).await.expect(200);
    assert_eq!((same.header("etag"), &same.json), (before.header("etag"), &before.json));
}
