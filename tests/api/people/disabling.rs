//! Locking somebody out, for ever or for a while.

use std::time::Duration;

use serde_json::{Value, json};

use super::{USERS, at, id_of, login, made, noted};
use crate::support::{TestApp, User};

/// Tokens that outlive the hour that these tests let pass.
fn long_lived(config: &mut portcullis::config::Config) {
    config.tokens.access_lifetime = Duration::from_hours(2);
}

const LATER: &str = "2026-11-21T13:00:00.000Z";

async fn count(admin: &User, status: &str) -> i64 {
    let list = admin.get(&format!("{USERS}?status={status}&total=true")).await.expect(200);
    list.json["total"].as_i64().unwrap()
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_learns_why_only_by_the_right_password() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    ada.get("/api/v1/account").await.expect(200);
    let path = format!("{}/disable", at(&id_of(&ada)));
    let disabled = admin.post(&path, &json!({ "reason": " spam " })).await.expect(200).json;
    assert_eq!(
        json!([disabled["status"], disabled["disabled_reason"], disabled["disabled_until"]]),
        json!(["disabled", "spam", null])
    );
    ada.get("/api/v1/account").await.session_ended("disabled");
    app.anonymous().refresh(&ada.refresh_token).await.session_ended("disabled");
    let told = login(&app, "ada").await.problem(403, "account.disabled").text_at("detail");
    assert!(told.contains("spam"), "{told}");
    let wrong = json!({ "login": "ada", "password": "wrong password" });
    let told =
        app.anonymous().post("/api/v1/auth/login", &wrong).await.problem(401, "auth.invalid_credentials");
    assert!(!told.text.contains("spam"));
    admin.post(&path, &json!({})).await.problem(409, "account.not_active");
    let detail = json!({ "before": "active", "after": "disabled", "reason": "spam", "ended_sessions": 1 });
    assert_eq!(noted(&app, &id_of(&ada)).await[1], ("account.disabled".into(), detail));
}

#[tokio::test]
async fn an_enabled_account_signs_in_again_and_old_sessions_stay_ended() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    let enable = format!("{path}/enable");
    admin.post(&enable, &json!({})).await.problem(409, "account.not_disabled");
    admin.post(&format!("{path}/disable"), &json!({ "reason": "spam" })).await.expect(200);
    let enabled = admin.post(&enable, &json!({ "reason": "sorry" })).await.expect(200).json;
    assert_eq!(json!([enabled["status"], enabled["disabled_reason"]]), json!(["active", null]));
    ada.get("/api/v1/account").await.session_ended("disabled");
    login(&app, "ada").await.expect(200);
    let waiting = made(&admin, "bob", "user", "pending").await;
    for call in ["enable", "disable"] {
        let code = if call == "enable" { "account.not_disabled" } else { "account.not_active" };
        admin.post(&format!("{}/{call}", at(&waiting)), &json!({})).await.problem(409, code);
    }
}

#[tokio::test]
async fn a_disabling_ends_by_itself_everywhere_at_once() {
    let app = TestApp::with(long_lived).await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    let body = json!({ "reason": "calm down", "until": "2026-11-21T14:00:00+01:00" });
    let disabled = admin.post(&format!("{path}/disable"), &body).await.expect(200).json;
    assert_eq!(disabled["disabled_until"], LATER);
    app.advance(Duration::from_millis(3_599_999));
    let told = login(&app, "ada").await.problem(403, "account.disabled").text_at("detail");
    assert!(told.contains(LATER) && told.contains("calm down"), "{told}");
    assert_eq!((count(&admin, "active").await, count(&admin, "disabled").await), (1, 1));
    app.advance(Duration::from_millis(1));
    assert_eq!((count(&admin, "active").await, count(&admin, "disabled").await), (2, 0));
    let active = admin.get(&path).await.expect(200).json;
    assert_eq!(
        json!([active["status"], active["disabled_reason"], active["disabled_until"]]),
        json!(["active", null, null])
    );
    ada.get("/api/v1/account").await.session_ended("disabled");
    let again = app.sign_in("ada").await;
    assert_eq!(again.account["status"], "active");
    again.get("/api/v1/account").await.expect(200);
    app.advance(Duration::from_secs(20));
    let again = again.with_tokens(&app.anonymous().refresh(&again.refresh_token).await.expect(200));
    again.get("/api/v1/account").await.expect(200);
    admin.post(&format!("{path}/enable"), &json!({})).await.problem(409, "account.not_disabled");
    admin.post(&format!("{path}/disable"), &json!({})).await.expect(200);
    again.get("/api/v1/account").await.session_ended("disabled");
}

#[tokio::test]
async fn a_change_of_something_else_does_not_lengthen_a_disabling_that_is_over() {
    let app = TestApp::with(long_lived).await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    admin.post(&format!("{path}/disable"), &json!({ "until": LATER })).await.expect(200);
    let named = admin.patch(&path, &json!({ "name": "Ada" })).await.expect(200).json;
    assert_eq!(json!([named["status"], named["disabled_until"]]), json!(["disabled", LATER]));
    app.advance(Duration::from_hours(1));
    admin.patch(&path, &json!({ "name": "Countess" })).await.expect(200);
    login(&app, "ada").await.expect(200);
}

#[tokio::test]
async fn a_time_that_has_passed_is_refused() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = format!("{}/disable", at(&id_of(&ada)));
    for (body, field) in [
        (json!({ "until": "2026-11-21T12:00:00Z" }), "until: in_the_past"),
        (json!({ "until": "tomorrow" }), "until: wrong_type"),
        (json!({ "until": 5 }), "until: wrong_type"),
        (json!({ "for": "1d" }), "for: unknown_field"),
    ] {
        assert_eq!(admin.post(&path, &body).await.problem(422, "request.invalid").fields(), [field]);
    }
    ada.get("/api/v1/account").await.expect(200);
    let forever = admin.post(&path, &json!({ "until": null })).await.expect(200);
    assert_eq!(forever.json["disabled_until"], Value::Null);
}
