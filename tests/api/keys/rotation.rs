//! `key rotate`: new tokens carry the new key at once, and nobody is signed out.

use std::time::Duration;

use portcullis::operations::keys;
use portcullis::security::KeyState;

use super::{in_state, kid_of};
use crate::support::TestApp;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn new_tokens_carry_the_new_key_and_old_ones_stay_good() {
    let app = TestApp::new().await;
    let (before, next) = (in_state(&app, KeyState::Current).await, in_state(&app, KeyState::Next).await);
    let ada = app.user("ada").await;
    assert_eq!(kid_of(&ada.access_token), before.to_string());
    for title in ["a", "b", "c"] {
        ada.task(title).await;
    }
    let page = ada.get("/api/v1/tasks?limit=1").await.expect(200);
    let cursor = page.json["next_cursor"].as_str().unwrap();

    let rotated = keys::rotate(&app.app).await.unwrap();
    assert_eq!((rotated.current, rotated.previous), (next, before));
    ada.get(&format!("/api/v1/tasks?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(kid_of(&app.sign_in("ada").await.access_token), next.to_string());
    let refreshed = app.anonymous().refresh(&ada.refresh_token).await.expect(200);
    let ada = ada.with_tokens(&refreshed);
    assert_eq!(kid_of(&ada.access_token), next.to_string());
    ada.get("/api/v1/account").await.expect(200);
    let listed = keys::list(&app.app).await.unwrap();
    let live = |id| listed.iter().find(|listed| listed.row.id == id).unwrap().live_sessions;
    assert_eq!((live(before), live(next)), (0, 2), "both sessions are of the new set");
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events WHERE kind = 'key.rotated'").await, 1);
}

#[tokio::test]
async fn the_lost_reply_of_a_refresh_around_a_rotation_signs_nobody_out() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.anonymous().refresh(&ada.refresh_token).await.expect(200);
    keys::rotate(&app.app).await.unwrap();
    // Within the grace period: the same counter again, under the new set.
    let again = app.anonymous().refresh(&ada.refresh_token).await.expect(200);
    let next = in_state(&app, KeyState::Current).await;
    assert_eq!(kid_of(again.json["access_token"].as_str().unwrap()), next.to_string());
    keys::revoke(&app.app, in_state(&app, KeyState::Previous).await).await.unwrap();
    let ada = ada.with_tokens(&again);
    ada.get("/api/v1/account").await.expect(200);
    app.anonymous().refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn a_restart_knows_the_states() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let rotated = keys::rotate(&app.app).await.unwrap();
    let app = app.restart().await;
    assert_eq!(in_state(&app, KeyState::Current).await, rotated.current);
    assert_eq!(in_state(&app, KeyState::Next).await, rotated.next);
    ada.at(&app).get("/api/v1/account").await.expect(200);
    assert_eq!(kid_of(&app.sign_in("ada").await.access_token), rotated.current.to_string());
}

#[tokio::test]
async fn a_previous_set_verifies_for_thirty_days_and_is_swept() {
    let app = TestApp::new().await;
    let previous = in_state(&app, KeyState::Current).await;
    keys::rotate(&app.app).await.unwrap();
    let file = app.app.config.data.dir.join(format!("keys/{previous}.json"));
    app.advance(29 * DAY);
    app.sweep().await;
    assert!(app.app.keys.find(previous).is_some() && file.exists());
    app.advance(2 * DAY);
    app.sweep().await;
    app.anonymous().get("/.well-known/jwks.json").await.expect(200);
    assert!(app.app.keys.find(previous).is_none() && !file.exists());
    assert_eq!(keys::list(&app.app).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_set_stays_while_a_live_session_needs_it() {
    let app = TestApp::with(|config| {
        config.sessions.idle_lifetime = 90 * DAY;
    })
    .await;
    let ada = app.user("ada").await;
    keys::rotate(&app.app).await.unwrap();
    app.advance(60 * DAY);
    app.sweep().await;
    app.anonymous().refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn rotations_at_once_leave_one_current_and_one_next() {
    let app = TestApp::new().await;
    let (one, two) = tokio::join!(keys::rotate(&app.app), keys::rotate(&app.app));
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    for refused in [one, two].into_iter().filter_map(Result::err) {
        assert!(refused.contains("Somebody else"), "{refused}");
    }
    in_state(&app, KeyState::Current).await;
    in_state(&app, KeyState::Next).await;
    app.user("ada").await.get("/api/v1/account").await.expect(200);
}
