//! Forms count only from our own pages, and only from the browser that was shown them.

use axum::body::Body;
use axum::http::{Method, Request, Version};
use portcullis::operations::keys;
use portcullis::security::KeyState;
use tower::ServiceExt;

use super::{Browser, Fields, OWN, PAGES};
use crate::keys::in_state;
use crate::support::{PASSWORD, TestApp};

/// Those that take a form.
fn forms() -> impl Iterator<Item = (&'static str, Fields)> {
    PAGES.iter().filter_map(|(path, fields)| fields.map(|fields| (*path, fields)))
}

#[tokio::test]
async fn a_form_without_its_token_or_with_somebody_elses_does_nothing() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.user("eve").await;
    let stranger = {
        let mut stranger = Browser::new(&app);
        stranger.open("/account/sign-in").await.expect(200);
        stranger
    };
    let ada = Browser::signed_in(&app, "ada").await;
    let eve = Browser::signed_in(&app, "eve").await;
    let before = app.rows().await;
    for (path, fields) in forms() {
        let victim = if OWN.contains(&path) { &ada } else { &stranger };
        for token in ["", "x", &"A".repeat(43), &eve.form_token] {
            let mut victim = victim.clone();
            victim.form_token = token.to_owned();
            let answer = victim.send(path, fields).await;
            assert_eq!(answer.status.as_u16(), 403, "{path} {token}: {answer:#?}");
            assert!(answer.text.contains("This form was not shown by this site"), "{path}: {}", answer.text);
        }
        victim.clone().post(path, fields).await.expect(403);
    }
    // A form that was shown before signing in is none of the account's.
    for path in OWN.into_iter().skip(1) {
        let mut victim = ada.clone();
        victim.cookies.extend(stranger.cookies.clone());
        victim.form_token.clone_from(&stranger.form_token);
        victim.send(path, &[]).await.expect(403);
    }
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn what_the_browser_says_of_another_site_is_believed() {
    let app = TestApp::with(|config| {
        config.server = crate::support::server(&[("public_url", "https://accounts.example")]);
    })
    .await;
    app.user("ada").await;
    let mut shown = Browser::new(&app);
    shown.open("/account/sign-in").await.expect(200);
    let fields = [("login", "ada"), ("password", PASSWORD)];
    for (name, value, good) in [
        ("origin", "https://accounts.example", true),
        ("origin", "http://portcullis.test", true),
        ("origin", "https://evil.example", false),
        ("origin", "https://accounts.example.evil.example", false),
        ("origin", "http://accounts.example", false),
        ("origin", "null", false),
        ("origin", "\u{ff}", false),
        ("sec-fetch-site", "same-origin", true),
        ("sec-fetch-site", "none", true),
        ("sec-fetch-site", "same-site", false),
        ("sec-fetch-site", "cross-site", false),
    ] {
        let mut browser = shown.clone();
        browser.caller = app.anonymous().header(name, value);
        let answer = browser.send("/account/sign-in", &fields).await;
        assert_eq!(answer.status.as_u16(), if good { 303 } else { 403 }, "{name}: {value}: {answer:#?}");
        assert_eq!(answer.headers.contains_key("set-cookie"), good, "{name}: {value}");
    }
}

/// There the host stands in the request's address, and no header names it.
#[tokio::test]
async fn over_http2_a_form_is_ours_when_its_origin_is_the_host_that_was_asked_for() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut shown = Browser::new(&app);
    shown.open("/account/sign-in").await.expect(200);
    let cookie = shown.cookies.iter().map(|(name, value)| format!("{name}={value}")).next().unwrap();
    let body = format!("form_token={}&login=ada&password={}", shown.form_token, PASSWORD.replace(' ', "+"));
    for (origin, status) in [
        ("https://portcullis.test:8443", 303),
        ("https://portcullis.test", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ] {
        let request = Request::post("https://portcullis.test:8443/account/sign-in")
            .version(Version::HTTP_2)
            .header("origin", origin)
            .header("cookie", &cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.clone()));
        let response = app.router.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{origin}");
    }
}

#[tokio::test]
async fn a_form_of_a_revoked_key_set_is_none_of_ours() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let fields = [("login", "ada"), ("password", PASSWORD)];
    for (revoked, status) in [(false, 303), (true, 403)] {
        let mut browser = Browser::new(&app);
        browser.open("/account/sign-in").await.expect(200);
        if revoked {
            let current = in_state(&app, KeyState::Current).await;
            keys::revoke(&app.app, current).await.unwrap();
        } else {
            keys::rotate(&app.app).await.unwrap();
        }
        browser.send("/account/sign-in", &fields).await.expect(status);
    }
}

#[tokio::test]
async fn only_forms_are_forms() {
    let app = TestApp::new().await;
    let mut browser = Browser::new(&app);
    browser.open("/account/sign-in").await.expect(200);
    let token = browser.form_token.clone();
    let cookie = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).next().unwrap();
    let body = format!("form_token={token}&login=ada&password=x");
    let send = async |content_type: &'static str, body: String| {
        let caller = app.anonymous().header("cookie", &cookie).header("content-type", content_type);
        caller.send(Method::POST, "/account/sign-in", body).await
    };
    let form = "application/x-www-form-urlencoded";
    send("text/plain", body.clone()).await.expect(415);
    send("application/json", "{}".into()).await.expect(415);
    send("application/x-www-form-urlencoded; charset=utf-8", body.clone()).await.expect(403);
    send(form, format!("{body}&login=eve")).await.expect(400);
    send(form, format!("{body}&x=%ff")).await.expect(400);
    send(form, "a".repeat(2 << 20)).await.expect(413);
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = app.anonymous().send(method, "/account/sign-in", "").await.expect(405);
        assert!(answer.header("content-type").starts_with("text/html"), "{answer:#?}");
        assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    }
    app.anonymous().get("/account/sign-out").await.expect(405);
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in_whatever_they_send() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut stranger = Browser::new(&app);
    for (path, fields) in PAGES {
        let own = OWN.contains(path);
        let looked = stranger.open(path).await;
        match (own, *path) {
            (_, "/account/sign-out") => assert_eq!(looked.status, 405),
            (true, _) => assert!(looked.header("location").starts_with("/account/sign-in"), "{looked:#?}"),
            (false, _) => assert_eq!(looked.status, 200, "{path}"),
        }
        if let (true, Some(fields)) = (own, fields) {
            let before = app.rows().await;
            let answer = stranger.send(path, fields).await.expect(303);
            assert!(answer.header("location").starts_with("/account/sign-in"), "{answer:#?}");
            assert_eq!(app.rows().await, before);
        }
    }
}

#[tokio::test]
async fn a_form_of_before_signing_in_may_still_be_sent_from_another_tab() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.user("eve").await;
    let mut browser = Browser::new(&app);
    browser.open("/account/sign-in").await.expect(200);
    let old_form = browser.form_token.clone();
    browser.sign_in("ada", PASSWORD).await;
    let before = browser.clone();
    browser.form_token = old_form;
    let answer = browser.send("/account/sign-in", &[("login", "eve"), ("password", PASSWORD)]).await;
    browser.follow(&answer, "/account").await;
    assert_eq!(browser.whoami().await.as_deref(), Some("eve"));
    assert_eq!({ before }.whoami().await, None, "the session whose cookie is gone has ended");
}

/// The database fails just then; only `SQLite` is made to so simply.
#[tokio::test]
async fn a_session_that_cannot_be_ended_does_not_cost_the_new_one() {
    let app = TestApp::new().await;
    if app.database.is_some() {
        return;
    }
    app.user("ada").await;
    app.user("eve").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let stuck =
        "CREATE TRIGGER stuck BEFORE UPDATE OF ended_at ON sessions BEGIN SELECT RAISE(ABORT, 'stuck'); END";
    app.execute(stuck).await;
    let fields = [("login", "eve"), ("password", PASSWORD)];
    let answer = browser.send("/account/sign-in", &fields).await;
    browser.follow(&answer, "/account").await;
    assert_eq!(browser.whoami().await.as_deref(), Some("eve"));
}
