//! The plain way of a refresh.

use std::time::Duration;

use super::forgery::claims_of;
use crate::support::TestApp;

#[tokio::test]
async fn a_refresh_gives_a_new_pair_of_the_same_session() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    app.advance(Duration::from_mins(1));
    let answer = app.anonymous().refresh(&user.refresh_token).await.expect(200);
    let mut members: Vec<_> = answer.json.as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, ["access_token", "expires_in", "refresh_expires_in", "refresh_token", "token_type"]);
    assert_eq!(answer.json["token_type"], "Bearer");
    assert_eq!(answer.json["expires_in"], 900);
    assert_eq!(answer.json["refresh_expires_in"], 30 * 24 * 3600);
    assert_eq!(answer.header("cache-control"), "no-store");
    let next = user.with_tokens(&answer);
    assert_ne!(next.refresh_token, user.refresh_token);
    let (old, new) = (claims_of(&user.access_token), claims_of(&next.access_token));
    assert_eq!((&old["sid"], &old["sub"]), (&new["sid"], &new["sub"]));
    assert_ne!(old["jti"], new["jti"]);
    next.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_session_outlives_a_chain_of_refreshes_and_a_restart() {
    let mut app = TestApp::new().await;
    let mut user = app.user("ada").await;
    for round in 0..5 {
        app.advance(Duration::from_mins(10));
        user = user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200));
        if round == 2 {
            app = app.restart().await;
        }
    }
    let caller = app.anonymous().header("authorization", &format!("Bearer {}", user.access_token));
    caller.get("/api/v1/account").await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 1, "no table grows with refreshes");
}

#[tokio::test]
async fn the_previous_access_token_is_good_until_it_expires() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    app.anonymous().refresh(&user.refresh_token).await.expect(200);
    user.get("/api/v1/account").await.expect(200);
    app.advance(Duration::from_mins(1));
    user.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn an_access_token_from_before_the_previous_refresh_is_void() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    let second = first.with_tokens(&app.anonymous().refresh(&first.refresh_token).await.expect(200));
    app.advance(Duration::from_secs(11));
    let third = second.with_tokens(&app.anonymous().refresh(&second.refresh_token).await.expect(200));
    first.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    second.get("/api/v1/account").await.expect(200);
    third.get("/api/v1/account").await.expect(200);
}
