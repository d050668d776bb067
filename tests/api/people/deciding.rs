//! Registration with approval.

use portcullis::config::Registration;
use serde_json::json;

use super::{NOBODY, at, login, made, noted, registered};
use crate::support::{PASSWORD, TestApp};

async fn app_with_approval() -> TestApp {
    TestApp::with(|config| config.accounts.registration = Registration::Approval).await
}

#[tokio::test]
async fn who_registers_waits_and_only_the_right_password_learns_it() {
    let app = app_with_approval().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let made = app.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
    assert_eq!((&made.json["status"], &made.json["role"]), (&json!("pending"), &json!("user")));
    login(&app, "ada").await.problem(403, "account.pending");
    let wrong = json!({ "login": "ada", "password": "wrong password" });
    app.anonymous().post("/api/v1/auth/login", &wrong).await.problem(401, "auth.invalid_credentials");
}

#[tokio::test]
async fn administrators_and_approvers_approve_and_reject() {
    let app = app_with_approval().await;
    let (admin, approver) = (app.admin().await, app.approver().await);
    for (caller, name) in [(&admin, "ada"), (&approver, "bob")] {
        let id = registered(&app, name).await;
        let let_in =
            caller.post(&format!("{}/approve", at(&id)), &json!({ "reason": "known" })).await.expect(200);
        assert_eq!(let_in.json["status"], "active");
        assert_eq!(let_in.header("etag"), caller.get(&at(&id)).await.header("etag"));
        login(&app, name).await.expect(200);
        let detail = json!({ "before": "pending", "after": "active", "reason": "known" });
        assert_eq!(noted(&app, &id).await[1], ("account.approved".into(), detail));
    }
    for (caller, name) in [(&admin, "cleo"), (&approver, "dora")] {
        let id = registered(&app, name).await;
        let rejected =
            caller.post(&format!("{}/reject", at(&id)), &json!({ "reason": "a robot" })).await.expect(200);
        assert_eq!(rejected.json["status"], "disabled");
        assert_eq!(admin.get(&at(&id)).await.expect(200).json["disabled_reason"], "rejected");
        let told = login(&app, name).await.problem(403, "account.disabled");
        let told = told.text_at("detail");
        assert!(told.contains("rejected") && !told.contains("robot"), "{told}");
        let detail = json!({ "before": "pending", "after": "disabled", "reason": "a robot" });
        assert_eq!(noted(&app, &id).await[1], ("account.rejected".into(), detail));
    }
}

#[tokio::test]
async fn a_decision_needs_no_body_and_takes_nothing_else_than_a_reason() {
    let app = app_with_approval().await;
    let admin = app.admin().await;
    let path = format!("{}/approve", at(&registered(&app, "ada").await));
    for (body, fields) in [
        (json!({ "reason": 1 }), &["reason: wrong_type"][..]),
        (json!({ "reason": "x".repeat(501) }), &["reason: too_long"]),
        (json!({ "reason": "a\u{7}" }), &["reason: control_character"]),
        (json!({ "role": "admin" }), &["role: unknown_field"]),
    ] {
        assert_eq!(admin.post(&path, &body).await.problem(422, "request.invalid").fields(), fields);
    }
    login(&app, "ada").await.problem(403, "account.pending");
    admin.header("x-nothing", "x").send(axum::http::Method::POST, &path, "").await.expect(200);
}

#[tokio::test]
async fn only_who_waits_is_decided_about() {
    let app = app_with_approval().await;
    let (admin, approver) = (app.admin().await, app.approver().await);
    for (name, status) in [("ada", "active"), ("bob", "disabled")] {
        let id = made(&admin, name, "user", status).await;
        for caller in [&admin, &approver] {
            for call in ["approve", "reject"] {
                let path = format!("{}/{call}", at(&id));
                caller.post(&path, &json!({})).await.problem(409, "account.not_pending");
            }
        }
    }
    for call in ["approve", "reject", "enable", "disable"] {
        let path = format!("{}/{call}", at(NOBODY));
        admin.post(&path, &json!({})).await.problem(404, "account.not_found");
    }
}

#[tokio::test]
async fn an_approver_makes_no_colleagues() {
    let app = app_with_approval().await;
    let (admin, approver) = (app.admin().await, app.approver().await);
    for role in ["approver", "admin"] {
        let id = made(&admin, &format!("new-{role}"), role, "pending").await;
        for call in ["approve", "reject"] {
            let path = format!("{}/{call}", at(&id));
            approver.post(&path, &json!({})).await.problem(403, "auth.forbidden");
        }
        assert_eq!(admin.get(&at(&id)).await.expect(200).json["status"], "pending");
        admin.post(&format!("{}/approve", at(&id)), &json!({})).await.expect(200);
    }
    let refused = app.audit_kinds().await.into_iter().filter(|kind| kind == "permission.refused").count();
    assert_eq!(refused, 4);
}
