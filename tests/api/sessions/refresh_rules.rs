//! The five rules of the refresh counter, as a client meets them.

use std::time::Duration;

use portcullis::base::Id;
use portcullis::security::RefreshToken;

use super::forgery::claims_of;
use crate::support::{TestApp, User};

const JUST_WITHIN: Duration = Duration::from_millis(9_999);
const GRACE: Duration = Duration::from_secs(10);

async fn refreshed(app: &TestApp, user: &User) -> User {
    user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200))
}

async fn counter(app: &TestApp) -> i64 {
    app.count("SELECT current_counter FROM sessions").await
}

#[tokio::test]
async fn within_ten_seconds_both_tokens_give_the_same_next_one() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = refreshed(&app, &first).await;
    app.advance(JUST_WITHIN);
    for presented in [&first, &second, &first] {
        let again = refreshed(&app, presented).await;
        assert_eq!(again.refresh_token, second.refresh_token);
        assert_ne!(again.access_token, second.access_token);
        again.get("/api/v1/account").await.expect(200);
    }
    assert_eq!(counter(&app).await, 1);
}

/// Two tabs: the use of the new access token in one does not sign the other out.
#[tokio::test]
async fn within_ten_seconds_the_previous_token_is_good_after_the_new_pair_was_used() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = refreshed(&app, &first).await;
    second.get("/api/v1/account").await.expect(200);
    app.settle().await;
    app.advance(JUST_WITHIN);
    assert_eq!(refreshed(&app, &first).await.refresh_token, second.refresh_token);
}

#[tokio::test]
async fn ten_seconds_after_a_refresh_the_current_token_gives_the_next_one() {
    let app = TestApp::new().await;
    let second = refreshed(&app, &app.user("ada").await).await;
    app.advance(GRACE);
    let third = refreshed(&app, &second).await;
    assert_ne!(third.refresh_token, second.refresh_token);
    assert_eq!(counter(&app).await, 2);
}

#[tokio::test]
async fn after_a_lost_reply_the_previous_token_gives_a_new_pair_and_the_lost_one_is_void() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let lost = refreshed(&app, &first).await;
    app.advance(GRACE);
    let recovered = refreshed(&app, &first).await;
    assert_ne!(recovered.refresh_token, lost.refresh_token);
    lost.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    recovered.get("/api/v1/account").await.expect(200);
    first.get("/api/v1/account").await.expect(200);
    let kinds = app.audit_kinds().await;
    assert_eq!(kinds.last().unwrap(), "session.recovered");
}

#[tokio::test]
async fn a_skipped_refresh_token_ends_the_session_even_at_once() {
    for wait in [Duration::ZERO, GRACE] {
        let app = TestApp::new().await;
        let first = app.user("ada").await;
        let lost = refreshed(&app, &first).await;
        app.advance(GRACE);
        let recovered = refreshed(&app, &first).await;
        app.advance(wait);
        app.anonymous().refresh(&lost.refresh_token).await.session_ended("reuse");
        recovered.get("/api/v1/account").await.session_ended("reuse");
    }
}

#[tokio::test]
async fn a_skipped_access_token_stays_void_after_further_refreshes() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let lost = refreshed(&app, &first).await;
    app.advance(GRACE);
    let recovered = refreshed(&app, &first).await;
    app.advance(GRACE);
    let next = refreshed(&app, &recovered).await;
    lost.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    next.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_token_that_comes_back_after_its_successor_was_used_ends_the_session_at_once() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = refreshed(&app, &first).await;
    second.get("/api/v1/account").await.expect(200);
    app.settle().await;
    app.advance(GRACE);
    app.anonymous().refresh(&first.refresh_token).await.session_ended("reuse");
    for holder in [&first, &second] {
        holder.get("/api/v1/account").await.session_ended("reuse");
        app.anonymous().refresh(&holder.refresh_token).await.session_ended("reuse");
    }
}

#[tokio::test]
async fn a_token_two_refreshes_old_ends_the_session_though_no_access_token_was_used() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = refreshed(&app, &first).await;
    app.advance(GRACE);
    let third = refreshed(&app, &second).await;
    app.anonymous().refresh(&first.refresh_token).await.session_ended("reuse");
    third.get("/api/v1/account").await.session_ended("reuse");
}

#[tokio::test]
async fn a_reuse_ends_no_other_session() {
    let app = TestApp::new().await;
    let (first, elsewhere) = (app.user("ada").await, app.sign_in("ada").await);
    let second = refreshed(&app, &first).await;
    app.advance(GRACE);
    refreshed(&app, &second).await;
    app.anonymous().refresh(&first.refresh_token).await.session_ended("reuse");
    elsewhere.get("/api/v1/account").await.expect(200);
    refreshed(&app, &elsewhere).await.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_counter_above_the_current_one_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = refreshed(&app, &first).await;
    let session: Id = claims_of(&first.access_token)["sid"].as_str().unwrap().parse().unwrap();
    let ahead = RefreshToken { session, counter: 2 }.seal(&app.app.keys.current());
    for wait in [Duration::ZERO, GRACE] {
        app.advance(wait);
        let before = app.rows().await;
        app.anonymous().refresh(&ahead).await.problem(401, "auth.invalid_refresh_token");
        assert_eq!(app.rows().await, before);
    }
    refreshed(&app, &second).await.get("/api/v1/account").await.expect(200);
}
