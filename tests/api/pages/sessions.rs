//! A browser's session is a session like any other: listed with them, ended with them, and of no use at other doors.

use std::time::Duration;

use portcullis::operations::keys;
use portcullis::security::RefreshToken;
use serde_json::json;

use super::Browser;
use crate::support::TestApp;

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one_and_together() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let mut phone = Browser::of(app.anonymous().header("user-agent", "Phone-<1>").header("x-nothing", "x"));
    phone.sign_in("ada", crate::support::PASSWORD).await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let page = browser.open("/account/sessions").await.expect(200);
    assert!(page.text.contains("Phone-&lt;1&gt;") && !page.text.contains("Phone-<1>"), "{}", page.text);
    assert_eq!(page.text.matches(">this one<").count(), 1, "{}", page.text);
    let ids: Vec<_> = page.text.split("name=\"session\" value=\"").skip(1).map(|rest| &rest[..36]).collect();
    assert_eq!(ids.len(), 3);
    let listed = ada.get("/api/v1/account/sessions").await.expect(200);
    let wanted: Vec<_> =
        listed.json["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, wanted);
    let answer = browser.send("/account/sessions", &[("session", ids[1])]).await;
    let page = browser.follow(&answer, "/account/sessions?done=session-ended").await;
    assert!(page.text.contains("The session has ended."), "{}", page.text);
    assert_eq!(phone.whoami().await, None);
    let page = browser.send("/account/sessions", &[("session", ids[1])]).await.expect(404);
    assert!(page.text.contains("There is no such living session"), "{}", page.text);
    browser.send("/account/sessions", &[("session", "nonsense")]).await.expect(404);
    browser.send("/account/sessions", &[]).await.expect(404);
    let answer = browser.send("/account/sessions", &[("others", "all")]).await;
    browser.follow(&answer, "/account/sessions?done=sessions-ended").await;
    ada.get("/api/v1/account").await.session_ended("logout");
    let answer = browser.send("/account/sessions", &[("session", ids[0])]).await;
    browser.follow(&answer, "/account/sign-in?done=signed-out").await;
    assert!(!browser.cookies.contains_key("portcullis"));
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_others() {
    let app = TestApp::new().await;
    let eve = app.user("eve").await;
    app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    browser.open("/account/sessions").await.expect(200);
    let listed = eve.get("/api/v1/account/sessions").await.json;
    let id = listed["items"][0]["id"].as_str().unwrap();
    browser.send("/account/sessions", &[("session", id)]).await.expect(404);
    browser.send("/account/sessions", &[("others", "all")]).await.expect(303);
    eve.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn whatever_ends_a_session_ends_the_browsers_at_once() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let admin = app.admin().await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    ada.delete("/api/v1/account/sessions").await.expect(204);
    assert_eq!(browser.whoami().await, None);
    assert!(!browser.cookies.contains_key("portcullis"), "the cookie is taken back");
    let id = ada.account["id"].as_str().unwrap();
    browser.sign_in("ada", crate::support::PASSWORD).await;
    admin.post(&format!("/api/v1/users/{id}/disable"), &json!({})).await.expect(200);
    let mut copy = browser.clone();
    assert_eq!(browser.whoami().await, None);
    admin.post(&format!("/api/v1/users/{id}/enable"), &json!({})).await.expect(200);
    assert_eq!(copy.whoami().await, None, "and stays ended");
}

#[tokio::test]
async fn each_kind_of_session_is_refused_at_the_other_door() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let cookie = browser.cookies["portcullis"].clone();
    app.anonymous().refresh(&cookie).await.problem(401, "auth.invalid_refresh_token");
    let logout = json!({ "refresh_token": cookie });
    app.anonymous().post("/api/v1/auth/logout", &logout).await.problem(401, "auth.invalid_refresh_token");
    let bearer = app.anonymous().header("authorization", &format!("Bearer {cookie}"));
    bearer.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    let with_cookie = app.anonymous().header("cookie", &format!("portcullis={cookie}"));
    with_cookie.get("/api/v1/account").await.problem(401, "auth.missing_token");
    for token in [&ada.access_token, &ada.refresh_token] {
        let mut thief = Browser::new(&app);
        thief.cookies.insert("portcullis".into(), token.clone());
        assert_eq!(thief.whoami().await, None);
    }
    assert_eq!(browser.whoami().await.as_deref(), Some("ada"), "nothing of this ended it");
    ada.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn forged_cookies_are_no_cookies() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let other = TestApp::other().await;
    other.user("ada").await;
    let foreign = Browser::signed_in(&other, "ada").await.cookies["portcullis"].clone();
    let own = Browser::signed_in(&app, "ada").await.cookies["portcullis"].clone();
    let opened = RefreshToken::open(&own, &app.app.keys).unwrap();
    let ahead = RefreshToken { counter: 1, ..opened }.seal(&app.app.keys.current());
    let flipped = format!("{}{}", if own.starts_with('A') { 'B' } else { 'A' }, &own[1..]);
    for cookie in ["", "x", &"A".repeat(5000), &foreign, &flipped, &ahead, &own[..own.len() - 1]] {
        let mut browser = Browser::new(&app);
        browser.cookies.insert("portcullis".into(), cookie.to_owned());
        let answer = browser.open("/account").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/account/sign-in"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_session_lives_by_being_used_and_ends_in_the_end() {
    let app = TestApp::with(|config| {
        config.sessions.idle_lifetime = Duration::from_hours(24);
        config.sessions.lifetime = Duration::from_hours(24 * 3);
    })
    .await;
    app.user("ada").await;
    let mut used = Browser::signed_in(&app, "ada").await;
    let mut rested = Browser::signed_in(&app, "ada").await;
    for _ in 0..3 {
        app.advance(Duration::from_hours(20));
        assert_eq!(used.whoami().await.as_deref(), Some("ada"));
        app.settle().await;
    }
    assert_eq!(rested.whoami().await, None);
    app.advance(Duration::from_hours(12));
    assert_eq!(used.whoami().await, None, "three days are over");
}

#[tokio::test]
async fn a_key_rotation_signs_no_browser_out_and_a_revocation_does() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let old = app.app.keys.current().id;
    keys::rotate(&app.app).await.unwrap();
    assert_eq!(browser.whoami().await.as_deref(), Some("ada"));
    assert_ne!(app.app.keys.current().id, old);
    browser.send("/account/sessions", &[("others", "all")]).await.expect(303);
    keys::revoke(&app.app, old).await.unwrap();
    assert_eq!(browser.whoami().await, None);
}
