//! What the audit log keeps of accounts, and what it never keeps.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const NEXT: &str = "another long enough password";
const WRONG: &str = "wrong password of somebody";

#[tokio::test]
async fn the_life_of_an_account_is_noted_in_order_and_without_secrets() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let login = |password: &str| json!({ "login": "ada", "password": password });
    app.anonymous().post("/api/v1/auth/login", &login(WRONG)).await.expect(401);
    let other = app.sign_in("ada").await;
    let lost = user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200));
    app.advance(Duration::from_secs(10));
    let user = user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200));
    let change = |current: &str| json!({ "current_password": current, "new_password": NEXT });
    user.put("/api/v1/account/password", &change(WRONG)).await.expect(403);
    user.put("/api/v1/account/password", &change(PASSWORD)).await.expect(204);
    user.json(Method::DELETE, "/api/v1/account", &json!({ "password": WRONG })).await.expect(403);
    user.json(Method::DELETE, "/api/v1/account", &json!({ "password": NEXT })).await.expect(204);
    let log = app.audit_log().await;
    let kinds: Vec<_> = log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "account.created",
            "session.started",
            "session.refused",
            "session.started",
            "session.recovered",
            "password.refused",
            "password.changed",
            "password.refused",
            "account.deleted",
        ]
    );
    for event in &log {
        assert_eq!(event.account.unwrap().to_string(), user.account["id"], "{event:?}");
        assert_eq!(event.ip.as_deref(), Some("127.0.0.1"));
        let text = event.detail.to_string();
        let secrets = [PASSWORD, NEXT, WRONG, "argon2"];
        let tokens = [&user, &other, &lost]
            .into_iter()
            .flat_map(|holder| [&holder.access_token, &holder.refresh_token]);
        for secret in secrets.into_iter().chain(tokens.map(String::as_str)) {
            assert!(!text.contains(secret), "{event:?}");
        }
    }
    let changed = log.iter().find(|event| event.kind == "password.changed").unwrap();
    assert_eq!(changed.detail, json!({ "ended_sessions": 1 }));
}

#[tokio::test]
async fn an_account_that_the_operator_made_names_no_actor() {
    let app = TestApp::new().await;
    app.admin().await;
    let created = app.audit_log().await.remove(0);
    assert_eq!(created.kind, "account.created");
    assert_eq!((created.actor, created.ip), (None, None));
    assert_eq!(created.detail, json!({ "by": "command line", "role": "admin", "status": "active" }));
}

#[tokio::test]
async fn the_audit_log_outlives_the_account() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    user.json(Method::DELETE, "/api/v1/account", &json!({ "password": PASSWORD })).await.expect(204);
    let before = app.audit_kinds().await;
    app.sweep().await;
    assert_eq!(app.audit_kinds().await, before);
    assert_eq!(before.last().unwrap(), "account.deleted");
}

/// Neither passwords nor tokens stand anywhere in the database.
#[tokio::test]
async fn no_row_of_any_table_holds_a_password_or_a_token() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let next = user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200));
    for row in app.rows().await {
        for secret in
            [PASSWORD, &user.access_token, &user.refresh_token, &next.access_token, &next.refresh_token]
        {
            assert!(!row.contains(secret), "{row}");
        }
    }
}
