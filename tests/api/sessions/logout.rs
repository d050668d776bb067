//! Signing out is real: the next request finds the session ended.

use axum::http::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

/// Signs out with an access token.
pub async fn log_out(app: &TestApp, access_token: &str) -> Answer {
    let caller = app.anonymous().header("authorization", &format!("Bearer {access_token}"));
    caller.send(Method::POST, "/api/v1/auth/logout", "").await
}

#[tokio::test]
async fn logout_by_access_token_ends_the_session_at_once_and_only_this_one() {
    let app = TestApp::new().await;
    let (user, elsewhere) = (app.user("ada").await, app.sign_in("ada").await);
    user.get("/api/v1/account").await.expect(200);
    let answer = log_out(&app, &user.access_token).await.expect(204);
    assert_eq!(answer.text, "");
    user.get("/api/v1/account").await.session_ended("logout");
    app.anonymous().refresh(&user.refresh_token).await.session_ended("logout");
    elsewhere.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn logout_by_refresh_token_ends_the_session_at_once() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    user.get("/api/v1/account").await.expect(200);
    app.anonymous()
        .post("/api/v1/auth/logout", &json!({ "refresh_token": user.refresh_token }))
        .await
        .expect(204);
    user.get("/api/v1/account").await.session_ended("logout");
    app.anonymous().refresh(&user.refresh_token).await.session_ended("logout");
}

/// Whoever wants to sign out may hold an expired access token or an old refresh token.
#[tokio::test]
async fn logout_takes_an_older_refresh_token_and_ignores_a_bad_access_token() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let newer = user.with_tokens(&app.anonymous().refresh(&user.refresh_token).await.expect(200));
    let caller = app.anonymous().header("authorization", "Bearer expired");
    caller.post("/api/v1/auth/logout", &json!({ "refresh_token": user.refresh_token })).await.expect(204);
    newer.get("/api/v1/account").await.session_ended("logout");
}

#[tokio::test]
async fn a_refresh_token_in_the_body_decides_which_session_ends() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    ada.post("/api/v1/auth/logout", &json!({ "refresh_token": grace.refresh_token })).await.expect(204);
    grace.get("/api/v1/account").await.session_ended("logout");
    ada.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_second_logout_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    log_out(&app, &user.access_token).await.expect(204);
    let before = app.rows().await;
    log_out(&app, &user.access_token).await.session_ended("logout");
    let body = json!({ "refresh_token": user.refresh_token });
    app.anonymous().post("/api/v1/auth/logout", &body).await.problem(401, "auth.invalid_refresh_token");
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn logout_of_nobody_is_refused() {
    let app = TestApp::new().await;
    app.anonymous().send(Method::POST, "/api/v1/auth/logout", "").await.problem(401, "auth.missing_token");
}

#[tokio::test]
async fn a_body_that_is_no_json_does_not_sign_out() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let plain = user.header("content-type", "text/plain");
    plain.send(Method::POST, "/api/v1/auth/logout", "bye").await.problem(415, "body.unsupported_media_type");
    let json = user.header("content-type", "application/json");
    json.send(Method::POST, "/api/v1/auth/logout", "{").await.problem(400, "body.malformed");
    user.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_logout_outlives_a_restart() {
    let app = TestApp::new().await;
    let (user, elsewhere) = (app.user("ada").await, app.sign_in("ada").await);
    log_out(&app, &user.access_token).await.expect(204);
    let app = app.restart().await;
    let bearer = |token: &str| app.anonymous().header("authorization", &format!("Bearer {token}"));
    bearer(&user.access_token).get("/api/v1/account").await.session_ended("logout");
    app.anonymous().refresh(&user.refresh_token).await.session_ended("logout");
    bearer(&elsewhere.access_token).get("/api/v1/account").await.expect(200);
    app.anonymous().refresh(&elsewhere.refresh_token).await.expect(200);
}
