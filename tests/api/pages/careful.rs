//! Headers and cookies that make a browser careful.

use super::{Browser, OWN, PAGES};
use crate::support::{Answer, PASSWORD, TestApp, server};

#[track_caller]
fn assert_careful(answer: &Answer) {
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        ("referrer-policy", "strict-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{answer:#?}");
    }
    for inline in ["<script", "style=", "<style", "onclick", "javascript:", "http://", "https://"] {
        assert!(!answer.text.contains(inline), "{inline}: {}", answer.text);
    }
}

#[tokio::test]
async fn every_page_is_careful_also_where_it_refuses() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let (mut ada, mut stranger) = (Browser::signed_in(&app, "ada").await, Browser::new(&app));
    for (path, fields) in PAGES.iter().filter(|(path, _)| *path != "/account/sign-out") {
        let browser = if OWN.contains(path) { &mut ada } else { &mut stranger };
        assert_careful(&browser.open(path).await.expect(200));
        if let Some((name, _)) = fields.and_then(|fields| fields.first()) {
            let name = if *name == "others" { "session" } else { name };
            let refused = browser.send(path, &[(name, "\u{1}")]).await;
            assert!(refused.status.is_client_error(), "{path}: {refused:#?}");
            assert_careful(&refused);
        }
    }
    for (answer, status) in [
        (stranger.post("/account/sign-in", &[]).await, 403),
        (stranger.open("/account/nowhere").await, 404),
        (stranger.open("/account/sign-out").await, 405),
    ] {
        assert_careful(&answer.expect(status));
    }
}

#[tokio::test]
async fn cookies_cannot_be_read_by_scripts_nor_planted_by_neighbours() {
    let over_http = TestApp::new().await;
    let settings = server(&[("public_url", "https://accounts.example")]);
    let over_https = TestApp::with(|config| config.server = settings).await;
    for (app, prefix, place) in [(over_http, "", "Path=/account"), (over_https, "__Host-", "Path=/; Secure")]
    {
        app.user("ada").await;
        let mut browser = Browser::new(&app);
        let answer = browser.open("/account/sign-in").await.expect(200);
        let visit = answer.header("set-cookie").to_owned();
        let (name, attributes) = visit.split_once('=').unwrap();
        assert_eq!(name, format!("{prefix}portcullis-visit"));
        assert_eq!(attributes[22..], format!("; {place}; HttpOnly; SameSite=Lax"));
        let answer =
            browser.send("/account/sign-in", &[("login", "ada"), ("password", PASSWORD)]).await.expect(303);
        let session = answer.header("set-cookie").to_owned();
        let (name, attributes) = session.split_once('=').unwrap();
        assert_eq!(name, format!("{prefix}portcullis"));
        let (_, attributes) = attributes.split_once("; ").unwrap();
        assert_eq!(attributes, format!("{place}; HttpOnly; SameSite=Lax; Max-Age=15552000"));
        assert_eq!(browser.whoami().await.as_deref(), Some("ada"));
        let answer = browser.send("/account/sign-out", &[]).await.expect(303);
        let cleared = format!("{prefix}portcullis=; {place}; HttpOnly; SameSite=Lax; Max-Age=0");
        assert_eq!(answer.header("set-cookie"), cleared);
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_not_read_ours() {
    let app = TestApp::with(|config| config.server = server(&[("cors_origins", "*")])).await;
    let elsewhere = app.anonymous().header("origin", "https://shop.example");
    let answer = elsewhere.get("/account/sign-in").await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn an_installation_can_do_without_the_pages() {
    let app = TestApp::with(|config| config.pages.enabled = false).await;
    for path in ["/account", "/account/sign-in", "/account/style.css", "/account/verify?token=x"] {
        app.anonymous().get(path).await.problem(404, "route.not_found");
    }
    let greeting = app.anonymous().header("accept", "text/html").get("/").await.expect(200);
    assert!(!greeting.text.contains("\"/account\""), "{}", greeting.text);
    let app = TestApp::new().await;
    let greeting = app.anonymous().header("accept", "text/html").get("/").await.expect(200);
    assert!(greeting.text.contains("\"/account\""), "{}", greeting.text);
}

#[tokio::test]
async fn name_and_colour_are_those_of_mails() {
    let app = TestApp::with(|config| {
        config.mail.product = "Gate & <Co>".into();
        config.mail.colour = "#ffcc00".into();
    })
    .await;
    let page = app.anonymous().get("/account/sign-in").await.expect(200);
    assert!(page.text.contains("<title>Sign in · Gate &amp; &lt;Co&gt;</title>"), "{}", page.text);
    let style = app.anonymous().get("/account/style.css").await.expect(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.text.starts_with(":root { --brand: #ffcc00; --on-brand: #000000; }"), "{}", style.text);
    let app = TestApp::with(|config| config.mail.colour = "red; } * { display: none".into()).await;
    let style = app.anonymous().get("/account/style.css").await.expect(200);
    assert!(style.text.starts_with(":root { --brand: #27506f; --on-brand: #ffffff; }"), "{}", style.text);
}

#[tokio::test]
async fn a_token_never_stands_in_the_same_page_twice_as_the_same_text() {
    let app = TestApp::new().await;
    let mut browser = Browser::new(&app);
    browser.open("/account/sign-in").await.expect(200);
    let (mark, first) = (browser.cookies["portcullis-visit"].clone(), browser.form_token.clone());
    browser.open("/account/sign-in").await.expect(200);
    assert_eq!(browser.cookies["portcullis-visit"], mark);
    assert_ne!(browser.form_token, first);
}
