//! What `/auth/refresh` and `/auth/logout` take for a refresh token.

use portcullis::base::Id;
use portcullis::security::RefreshToken;
use serde_json::json;

use super::forgery::claims_of;
use crate::support::TestApp;

#[tokio::test]
async fn no_bad_refresh_token_gives_a_pair_ends_a_session_or_writes_a_row() {
    let (app, other) = (TestApp::new().await, TestApp::other().await);
    let (user, stranger) = (app.user("ada").await, other.user("ada").await);
    let session: Id = claims_of(&user.access_token)["sid"].as_str().unwrap().parse().unwrap();
    let seal = |session, counter| RefreshToken { session, counter }.seal(&app.app.keys.current());
    let mut flipped = user.refresh_token.clone();
    let first = if flipped.starts_with('A') { "B" } else { "A" };
    flipped.replace_range(..1, first);
    let before = app.rows().await;
    for (name, token) in [
        ("empty", String::new()),
        ("garbage", "garbage".into()),
        ("an access token", user.access_token.clone()),
        ("another server's", stranger.refresh_token.clone()),
        ("one bit changed", flipped),
        ("cut short", user.refresh_token[..80].to_owned()),
        ("with something behind it", format!("{}A", user.refresh_token)),
        ("100 KB", "a".repeat(100 * 1024)),
        ("an unknown session's", seal(Id::from_bytes([9; 16]), 0)),
        ("a counter that was never reached", seal(session, 1)),
        ("the largest counter", seal(session, u64::MAX)),
    ] {
        for path in ["/api/v1/auth/refresh", "/api/v1/auth/logout"] {
            let answer = app.anonymous().post(path, &json!({ "refresh_token": token })).await;
            assert_eq!(answer.status, 401, "{name} at {path}: {answer:#?}");
            answer.problem(401, "auth.invalid_refresh_token");
        }
    }
    assert_eq!(app.rows().await, before);
    app.anonymous().refresh(&user.refresh_token).await.expect(200);
}

#[tokio::test]
async fn what_is_no_request_for_a_refresh_is_refused_field_by_field() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let before = app.rows().await;
    for (body, fields) in [
        (json!({}), "refresh_token: required"),
        (json!({ "refresh_token": null }), "refresh_token: required"),
        (json!({ "refresh_token": 7 }), "refresh_token: wrong_type"),
        (json!({ "refresh_token": user.refresh_token, "role": "admin" }), "role: unknown_field"),
    ] {
        for path in ["/api/v1/auth/refresh", "/api/v1/auth/logout"] {
            let answer = app.anonymous().post(path, &body).await.problem(422, "request.invalid");
            assert_eq!(answer.fields(), [fields], "{body} at {path}");
        }
    }
    assert_eq!(app.rows().await, before);
}
