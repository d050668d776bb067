//! Sessions that end by themselves: for want of use, of age, or because there are too many.

use std::time::Duration;

use crate::support::{TestApp, User};

const DAY: Duration = Duration::from_hours(24);

async fn refreshed(app: &TestApp, user: &User) -> User {
    user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200))
}

#[tokio::test]
async fn a_session_idle_for_thirty_days_has_ended() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    app.advance((30 * DAY).saturating_sub(Duration::from_millis(1)));
    let user = refreshed(&app, &user).await;
    app.advance(30 * DAY);
    app.anonymous().refresh(&user.refresh_token).await.session_ended("idle");
}

#[tokio::test]
async fn a_session_ends_after_a_hundred_and_eighty_days_however_often_it_is_refreshed() {
    let app = TestApp::new().await;
    let mut user = app.user("ada").await;
    for _ in 0..8 {
        app.advance(20 * DAY);
        user = refreshed(&app, &user).await;
    }
    app.advance(19 * DAY);
    let last = app.anonymous().refresh(&user.refresh_token).await.expect(200);
    assert_eq!(last.json["refresh_expires_in"], DAY.as_secs(), "idle time does not reach past the end");
    app.advance(DAY);
    app.anonymous().refresh(&last.text_at("refresh_token")).await.session_ended("expired");
}

#[tokio::test]
async fn an_access_token_dies_with_its_session() {
    let minute = Duration::from_mins(1);
    for (idle, lifetime, reason) in [(5, 60, "idle"), (5, 5, "expired")] {
        let app = TestApp::with(|config| {
            config.sessions.idle_lifetime = idle * minute;
            config.sessions.lifetime = lifetime * minute;
        });
        let app = app.await;
        let user = app.user("ada").await;
        app.advance((5 * minute).saturating_sub(Duration::from_millis(1)));
        user.get("/api/v1/account").await.expect(200);
        app.advance(Duration::from_millis(1));
        user.get("/api/v1/account").await.session_ended(reason);
        app.anonymous().refresh(&user.refresh_token).await.session_ended(reason);
    }
}

#[tokio::test]
async fn expired_sessions_are_not_listed() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.advance(30 * DAY);
    let user = app.sign_in("ada").await;
    let answer = user.get("/api/v1/account/sessions?total=true").await.expect(200);
    assert_eq!((answer.json["items"].as_array().unwrap().len(), &answer.json["total"]), (1, &1.into()));
}

#[tokio::test]
async fn one_sign_in_too_many_ends_the_oldest_session() {
    let app = TestApp::with(|config| config.sessions.max_per_account = 3).await;
    let bystander = app.user("grace").await;
    let mut users = vec![app.user("ada").await];
    for _ in 0..4 {
        app.advance(Duration::from_secs(1));
        users.push(app.sign_in("ada").await);
    }
    for user in &users[..2] {
        user.get("/api/v1/account").await.session_ended("session_limit");
        app.anonymous().refresh(&user.refresh_token).await.session_ended("session_limit");
    }
    for user in &users[2..] {
        user.get("/api/v1/account").await.expect(200);
    }
    bystander.get("/api/v1/account").await.expect(200);
}

/// Ids made within one millisecond have no order; the clock may also have gone back.
#[tokio::test]
async fn a_sign_in_never_ends_the_session_it_has_just_begun() {
    let app = TestApp::with(|config| config.sessions.max_per_account = 1).await;
    app.user("ada").await;
    let start = app.app.now();
    for round in 0..12_u64 {
        app.clock.set(start.minus(Duration::from_secs(round / 6)));
        app.sign_in("ada").await.get("/api/v1/account").await.expect(200);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
}

#[tokio::test]
async fn ended_sessions_are_swept_after_thirty_days_and_living_ones_stay() {
    let app = TestApp::new().await;
    let (user, ended) = (app.user("ada").await, app.sign_in("ada").await);
    super::logout::log_out(&app, &ended.access_token).await.expect(204);
    app.advance(29 * DAY);
    let user = refreshed(&app, &user).await;
    app.sweep().await;
    app.anonymous().refresh(&ended.refresh_token).await.session_ended("logout");
    app.advance(DAY + Duration::from_millis(1));
    app.sweep().await;
    app.anonymous().refresh(&ended.refresh_token).await.problem(401, "auth.invalid_refresh_token");
    refreshed(&app, &user).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1);
}

/// Expired sessions take no room: they go by themselves.
#[tokio::test]
async fn an_expired_session_does_not_push_out_a_living_one() {
    let app = TestApp::with(|config| config.sessions.max_per_account = 2).await;
    let kept = app.user("ada").await;
    app.advance(DAY);
    app.sign_in("ada").await;
    app.advance(20 * DAY);
    let kept = refreshed(&app, &kept).await;
    app.advance(15 * DAY);
    app.sign_in("ada").await.get("/api/v1/account").await.expect(200);
    refreshed(&app, &kept).await;
}
