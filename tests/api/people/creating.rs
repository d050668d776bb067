//! Making accounts on somebody's behalf.

use serde_json::json;

use super::{USERS, at, id_of, login, made, noted};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn an_administrator_makes_an_account_that_can_sign_in() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let body = json!({ "email": "Ada@Example.com", "name": "Ada", "password": PASSWORD, "role": "approver" });
    let made = admin.post(USERS, &body).await.expect(201);
    let id = made.text_at("id");
    assert_eq!(made.header("location"), at(&id));
    assert_eq!(made.header("etag"), admin.get(&at(&id)).await.expect(200).header("etag"));
    assert_eq!(
        made.json,
        json!({
            "id": id, "email": "Ada@Example.com", "username": null, "name": "Ada", "role": "approver",
            "status": "active", "email_verified": false, "created_at": "2026-11-21T12:00:00.000Z",
            "updated_at": "2026-11-21T12:00:00.000Z", "last_login_at": null, "disabled_reason": null,
            "disabled_until": null,
        })
    );
    let ada = app.anonymous().sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(ada.account["role"], "approver");
    assert!(ada.account.get("last_login_at").is_none(), "one's own account is as it was: {:?}", ada.account);
    let created = app.audit_log().await.into_iter().rfind(|event| event.kind == "account.created").unwrap();
    assert_eq!(created.actor.unwrap().to_string(), id_of(&admin));
    assert_eq!(created.ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(noted(&app, &id).await[0].1, json!({ "role": "approver", "status": "active" }));
}

#[tokio::test]
async fn it_may_wait_or_be_disabled_from_the_beginning() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for (name, status) in [("ada", "pending"), ("bob", "disabled")] {
        made(&admin, name, "user", status).await;
        login(&app, name).await.problem(403, &format!("account.{status}"));
    }
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let before = app.count("SELECT COUNT(*) FROM accounts").await;
    for (body, fields) in [
        (json!({}), &["email: required", "password: required"][..]),
        (
            json!({ "username": "a@b", "password": "short", "role": "king", "status": 1, "version": 7 }),
            &[
                "password: too_short",
                "role: unknown_value",
                "status: wrong_type",
                "username: malformed",
                "version: unknown_field",
            ],
        ),
        (json!({ "username": "a", "password": PASSWORD, "role": null }), &["role: required"]),
    ] {
        assert_eq!(admin.post(USERS, &body).await.problem(422, "request.invalid").fields(), fields);
    }
    let taken = json!({ "username": "ADMIN", "password": PASSWORD });
    admin.post(USERS, &taken).await.problem(409, "account.username_taken");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, before);
}

#[tokio::test]
async fn a_repeated_creation_happens_once() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let once = admin.header("idempotency-key", "once");
    let first = once.post(USERS, &body).await.expect(201);
    let again = once.post(USERS, &body).await.expect(201);
    assert_eq!((&first.json, first.header("etag")), (&again.json, again.header("etag")));
    let other = json!({ "username": "bob", "password": PASSWORD });
    once.post(USERS, &other).await.problem(422, "idempotency_key.reused");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 2);
}
