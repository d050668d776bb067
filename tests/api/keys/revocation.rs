//! `key revoke`: whatever the set has signed stops at once, and its sessions end.

use portcullis::operations::keys;
use portcullis::security::KeyState;

use super::{in_state, kid_of};
use crate::support::TestApp;

#[tokio::test]
async fn revoking_the_current_set_ends_its_sessions_and_the_next_one_signs() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    ada.get("/api/v1/account").await.expect(200);
    for title in ["a", "b"] {
        ada.task(title).await;
    }
    let cursor = ada.get("/api/v1/tasks?limit=1").await.json["next_cursor"].as_str().unwrap().to_owned();
    let (current, next) = (in_state(&app, KeyState::Current).await, in_state(&app, KeyState::Next).await);
    let revoked = keys::revoke(&app.app, current).await.unwrap();
    assert_eq!((revoked.ended_sessions, revoked.promoted, revoked.not_destroyed), (1, Some(next), None));
    // The token has been verified before, and was remembered.
    ada.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    app.anonymous().refresh(&ada.refresh_token).await.problem(401, "auth.invalid_refresh_token");
    let sessions = "SELECT COUNT(*) FROM sessions WHERE end_reason = 'key_revoked' AND ended_at IS NOT NULL";
    assert_eq!(app.count(sessions).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'key.revoked'").await, 1);
    let ada = app.sign_in("ada").await;
    assert_eq!(kid_of(&ada.access_token), next.to_string());
    ada.get(&format!("/api/v1/tasks?limit=1&cursor={cursor}")).await.problem(422, "cursor.invalid");
}

#[tokio::test]
async fn revoking_a_previous_set_spares_who_has_refreshed_since() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let previous = in_state(&app, KeyState::Current).await;
    keys::rotate(&app.app).await.unwrap();
    let moved = ada.with_tokens(&app.anonymous().refresh(&ada.refresh_token).await.expect(200));
    assert_eq!(keys::revoke(&app.app, previous).await.unwrap().ended_sessions, 1);
    moved.get("/api/v1/account").await.expect(200);
    ada.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    bob.get("/api/v1/account").await.problem(401, "auth.invalid_token");
}

#[tokio::test]
async fn a_revoked_next_set_never_signs() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let next = in_state(&app, KeyState::Next).await;
    let revoked = keys::revoke(&app.app, next).await.unwrap();
    assert_eq!((revoked.ended_sessions, revoked.promoted), (0, None));
    ada.get("/api/v1/account").await.expect(200);
    assert_ne!(keys::rotate(&app.app).await.unwrap().current, next);
    assert!(app.app.keys.find(next).is_none());
}

#[tokio::test]
async fn a_second_revocation_changes_nothing_and_an_unknown_set_is_refused() {
    let app = TestApp::new().await;
    let current = in_state(&app, KeyState::Current).await;
    keys::revoke(&app.app, current).await.unwrap();
    let ada = app.user("ada").await;
    assert_eq!(keys::revoke(&app.app, current).await.unwrap().ended_sessions, 0);
    ada.get("/api/v1/account").await.expect(200);
    let why = keys::revoke(&app.app, "0123456789abcdef".parse().unwrap()).await.unwrap_err();
    assert!(why.contains("no key set 0123456789abcdef"), "{why}");
}

#[tokio::test]
async fn a_session_that_began_during_the_revocation_is_ended_by_the_sweep() {
    let app = TestApp::new().await;
    app.user("ada").await;
    keys::revoke(&app.app, in_state(&app, KeyState::Current).await).await.unwrap();
    let back = "UPDATE sessions SET ended_at = NULL, end_reason = NULL";
    app.app.db.write(move |writer| Ok(writer.execute(back, &[])?)).await.unwrap();
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE end_reason = 'key_revoked'").await, 1);
}
