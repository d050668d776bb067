//! Changing somebody's account.

use serde_json::{Value, json};

use super::{NOBODY, at, id_of, login, made, noted};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn names_are_changed_and_noted_before_and_after() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let body = json!({ "name": "Ada", "username": "countess", "email": "Ada@Lovelace.example" });
    let changed = admin.patch(&at(&id_of(&ada)), &body).await.expect(200);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&changed.json[field], value);
    }
    assert_eq!(ada.get("/api/v1/account").await.expect(200).json["username"], "countess");
    app.anonymous().sign_in("ada@lovelace.example", PASSWORD).await;
    login(&app, "ada").await.problem(401, "auth.invalid_credentials");
    let detail = json!({
        "name": { "before": null, "after": "Ada" },
        "username": { "before": "ada", "after": "countess" },
        "email": { "before": "ada@example.com", "after": "Ada@Lovelace.example" },
    });
    assert_eq!(noted(&app, &id_of(&ada)).await[1], ("account.changed".into(), detail));
}

#[tokio::test]
async fn another_address_is_unproven_and_another_spelling_of_it_is_not() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    let verified = async |email: Value| {
        let changed = admin.patch(&at(&id_of(&ada)), &json!({ "email": email })).await.expect(200);
        changed.json["email_verified"].as_bool().unwrap()
    };
    assert!(verified(json!("ada@EXAMPLE.com")).await);
    assert!(!verified(json!("ADA@example.com")).await, "another postbox, perhaps");
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    assert!(!verified(json!("other@example.com")).await);
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    assert!(!verified(Value::Null).await);
}

#[tokio::test]
async fn the_last_name_to_sign_in_with_stays() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    for (body, fields) in [
        (json!({ "email": null, "username": null }), &["email: required"][..]),
        (json!({ "role": null, "status": null }), &["role: required", "status: required"]),
        (json!({ "email": "nobody", "role": "king" }), &["email: malformed", "role: unknown_value"]),
        (json!({ "password": "x", "epoch": 1 }), &["epoch: unknown_field", "password: unknown_field"]),
    ] {
        assert_eq!(admin.patch(&path, &body).await.problem(422, "request.invalid").fields(), fields);
    }
    admin.patch(&path, &json!({ "email": null })).await.expect(200);
    let answer = admin.patch(&path, &json!({ "username": null })).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["username: required"]);
    admin.patch(&path, &json!({ "username": "ADMIN" })).await.problem(409, "account.username_taken");
    admin.patch(&at(NOBODY), &json!({ "name": "x" })).await.problem(404, "account.not_found");
}

#[tokio::test]
async fn a_change_of_a_stale_copy_is_refused_and_one_of_nothing_changes_nothing() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    let stale = admin.get(&path).await.expect(200).header("etag").to_owned();
    let same = json!({ "role": "user", "username": "ada" });
    assert_eq!(admin.patch(&path, &same).await.expect(200).header("etag"), stale);
    // A sign-in is no change that somebody made.
    app.sign_in("ada").await;
    let conditional = admin.header("if-match", &stale);
    conditional.patch(&path, &json!({ "name": "Ada" })).await.expect(200);
    conditional.patch(&path, &json!({ "name": "Bob" })).await.problem(412, "precondition.failed");
    assert_eq!(admin.get(&path).await.expect(200).json["name"], "Ada");
}

#[tokio::test]
async fn another_role_is_felt_at_the_next_request_in_both_directions() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    ada.get("/api/v1/users").await.problem(403, "auth.forbidden");
    admin.patch(&path, &json!({ "role": "approver" })).await.expect(200);
    ada.get("/api/v1/users").await.expect(200);
    ada.get("/api/v1/audit-events").await.problem(403, "auth.forbidden");
    admin.patch(&path, &json!({ "role": "admin" })).await.expect(200);
    ada.get("/api/v1/audit-events").await.expect(200);
    admin.patch(&path, &json!({ "role": "user" })).await.expect(200);
    ada.get("/api/v1/users").await.problem(403, "auth.forbidden");
    let changes: Vec<_> = noted(&app, &id_of(&ada)).await;
    let roles: Vec<_> = changes.iter().filter(|(kind, _)| kind == "role.changed").map(|(_, it)| it).collect();
    assert_eq!(
        json!(roles),
        json!([
            { "before": "user", "after": "approver" },
            { "before": "approver", "after": "admin" },
            { "before": "admin", "after": "user" },
        ])
    );
}

#[tokio::test]
async fn another_status_is_felt_at_the_next_request() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    for (status, code) in [("pending", "account.pending"), ("disabled", "account.disabled")] {
        admin.patch(&path, &json!({ "status": "active" })).await.expect(200);
        let here = app.sign_in("ada").await;
        here.get("/api/v1/account").await.expect(200);
        admin.patch(&path, &json!({ "status": status })).await.expect(200);
        here.get("/api/v1/account").await.session_ended("disabled");
        app.anonymous().refresh(&here.refresh_token).await.session_ended("disabled");
        login(&app, "ada").await.problem(403, code);
        // A refusal is written behind its answer.
        app.settle().await;
        admin.patch(&path, &json!({ "status": "active" })).await.expect(200);
        here.get("/api/v1/account").await.session_ended("disabled");
    }
    let kinds: Vec<_> = noted(&app, &id_of(&ada)).await.into_iter().map(|(kind, _)| kind).collect();
    let expected = [
        "account.created",
        "account.suspended",
        "session.refused",
        "account.approved",
        "account.disabled",
        "session.refused",
        "account.enabled",
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn sessions_of_somebody_end_at_once_and_the_account_stays() {
    let app = TestApp::new().await;
    let (admin, here) = (app.admin().await, app.user("ada").await);
    let there = app.sign_in("ada").await;
    let path = format!("{}/sessions", at(&id_of(&here)));
    admin.delete(&path).await.expect(204);
    for user in [&here, &there] {
        user.get("/api/v1/account").await.session_ended("administrator");
        app.anonymous().refresh(&user.refresh_token).await.session_ended("administrator");
    }
    app.sign_in("ada").await.get("/api/v1/account").await.expect(200);
    let ended: Vec<_> =
        app.audit_log().await.into_iter().filter(|event| event.kind == "session.ended").collect();
    assert_eq!(ended.len(), 2);
    for event in ended {
        assert_eq!(event.actor.unwrap().to_string(), id_of(&admin));
        assert_eq!(event.detail["reason"], "administrator");
    }
    let unknown = format!("{}/sessions", at(NOBODY));
    admin.delete(&unknown).await.problem(404, "account.not_found");
}

#[tokio::test]
async fn an_account_that_waits_cannot_be_let_in_by_its_own_hand() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let id = made(&admin, "ada", "user", "active").await;
    let ada = app.sign_in("ada").await;
    for body in [json!({ "role": "admin" }), json!({ "status": "active" })] {
        let answer = ada.patch("/api/v1/account", &body).await.problem(422, "request.invalid");
        assert!(answer.fields()[0].ends_with("unknown_field"));
        ada.patch(&at(&id), &body).await.problem(403, "auth.forbidden");
    }
    let body = json!({ "username": "eve", "password": PASSWORD, "role": "admin", "status": "active" });
    app.anonymous().post("/api/v1/auth/register", &body).await.problem(422, "request.invalid");
}
