//! Refusals: noted one by one, and counted when there are too many.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

async fn guess(app: &TestApp) {
    let body = json!({ "login": "nobody", "password": "wrong password" });
    app.anonymous().post("/api/v1/auth/login", &body).await.expect(401);
}

#[tokio::test]
async fn a_refused_permission_is_noted_with_the_call() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    ada.get("/api/v1/users?q=x").await.problem(403, "auth.forbidden");
    let event = app.audit_log().await.pop().unwrap();
    assert_eq!(event.kind, "permission.refused");
    assert_eq!(event.actor.unwrap().to_string(), ada.account["id"]);
    assert_eq!((event.actor, event.ip.as_deref()), (event.account, Some("127.0.0.1")));
    let detail =
        json!({ "reason": "auth.forbidden", "permission": "people.read", "call": "GET /api/v1/users" });
    assert_eq!(event.detail, detail);
}

#[tokio::test]
async fn a_flood_is_counted_and_the_count_is_told_when_there_is_room_again() {
    let app = TestApp::new().await;
    for _ in 0..65 {
        guess(&app).await;
        app.settle().await;
    }
    let count = async |kind: &str| app.audit_kinds().await.into_iter().filter(|found| found == kind).count();
    assert_eq!((count("session.refused").await, app.app.refusals.dropped()), (60, 5));
    assert_eq!(count("refusals.dropped").await, 0);
    app.advance(Duration::from_mins(1));
    guess(&app).await;
    assert_eq!(count("session.refused").await, 61);
    let told = app.audit_log().await.pop().unwrap();
    assert_eq!((told.kind.as_str(), told.detail), ("refusals.dropped", json!({ "count": 5 })));
    assert_eq!(app.app.refusals.dropped(), 5, "a number that only grows");
}

#[tokio::test]
async fn what_nobody_told_is_told_by_the_next_sweep() {
    let app = TestApp::new().await;
    for _ in 0..61 {
        guess(&app).await;
        app.settle().await;
    }
    app.sweep().await;
    assert_eq!(app.audit_log().await.pop().unwrap().detail, json!({ "count": 1 }));
    app.sweep().await;
    assert_eq!(app.audit_kinds().await.iter().filter(|kind| *kind == "refusals.dropped").count(), 1);
}

#[tokio::test]
async fn who_signs_in_is_noted_however_many_are_refused() {
    let app = TestApp::new().await;
    app.user("ada").await;
    for _ in 0..70 {
        guess(&app).await;
    }
    app.anonymous().sign_in("ada", PASSWORD).await;
    assert_eq!(app.audit_kinds().await.iter().filter(|kind| *kind == "session.started").count(), 2);
}
