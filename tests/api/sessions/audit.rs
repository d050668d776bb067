//! What the audit log keeps of sessions.

use std::time::Duration;

use serde_json::{Value, json};

use super::forgery::claims_of;
use crate::support::{PASSWORD, TestApp, User};

fn session_of(user: &User) -> Value {
    claims_of(&user.access_token)["sid"].clone()
}

#[tokio::test]
async fn a_sign_in_is_noted_with_session_address_and_client() {
    let app = TestApp::new().await;
    app.user("grace").await;
    let user = app.anonymous().header("user-agent", "Engine/1").sign_in("grace", PASSWORD).await;
    let event = app.audit_log().await.pop().unwrap();
    assert_eq!(event.kind, "session.started");
    assert_eq!(event.detail, json!({ "session": session_of(&user), "user_agent": "Engine/1" }));
    assert_eq!(event.account.unwrap().to_string(), user.account["id"]);
    assert_eq!(event.actor, event.account);
    assert_eq!(event.ip.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn refused_sign_ins_are_noted_against_the_account_when_there_is_one() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let refused = async |login: &str, password: &str| {
        app.anonymous().post("/api/v1/auth/login", &json!({ "login": login, "password": password })).await;
        let event = app.audit_log().await.pop().unwrap();
        assert_eq!((event.kind.as_str(), event.actor), ("session.refused", None));
        (event.account.map(|id| Value::String(id.to_string())), event.detail["reason"].clone())
    };
    let (ada, wrong) = (Some(user.account["id"].clone()), json!("wrong login or password"));
    assert_eq!(refused("ada", "wrong password").await, (ada.clone(), wrong.clone()));
    assert_eq!(refused("nobody", PASSWORD).await, (None, wrong));
    app.execute("UPDATE accounts SET status = 'disabled'").await;
    assert_eq!(refused("ada", PASSWORD).await, (ada, json!("account.disabled")));
}

#[tokio::test]
async fn every_way_in_which_a_session_ends_is_noted_once() {
    let app = TestApp::with(|config| config.sessions.max_per_account = 3).await;
    let (first, second, third) = (app.user("ada").await, app.sign_in("ada").await, app.sign_in("ada").await);
    let ended = async || {
        let log = app.audit_log().await;
        let mut ended = Vec::new();
        for event in log.iter().filter(|event| event.kind == "session.ended") {
            ended.push((event.detail["session"].clone(), event.detail["reason"].clone()));
        }
        ended
    };
    super::logout::log_out(&app, &first.access_token).await.expect(204);
    let body = json!({ "refresh_token": second.refresh_token });
    app.anonymous().post("/api/v1/auth/logout", &body).await.expect(204);
    let next = third.with_tokens(&app.anonymous().refresh(&third.refresh_token).await.expect(200));
    app.advance(Duration::from_secs(10));
    app.anonymous().refresh(&next.refresh_token).await.expect(200);
    app.anonymous().refresh(&third.refresh_token).await.session_ended("reuse");
    app.anonymous().refresh(&third.refresh_token).await.session_ended("reuse");
    let mut expected = vec![
        (session_of(&first), json!("logout")),
        (session_of(&second), json!("logout")),
        (session_of(&third), json!("reuse")),
    ];
    assert_eq!(ended().await, expected);
    let mut users = Vec::new();
    for _ in 0..4 {
        app.advance(Duration::from_secs(1));
        users.push(app.sign_in("ada").await);
    }
    expected.push((session_of(&users[0]), json!("session_limit")));
    assert_eq!(ended().await, expected);
    let path = format!("/api/v1/account/sessions/{}", session_of(&users[1]).as_str().unwrap());
    users[3].delete(&path).await.expect(204);
    users[3].delete("/api/v1/account/sessions").await.expect(204);
    expected.push((session_of(&users[1]), json!("logout")));
    expected.push((session_of(&users[2]), json!("logout")));
    assert_eq!(ended().await, expected);
}
