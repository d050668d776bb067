//! What mails lead to.

use std::time::Duration;

use axum::http::Method;
use portcullis::config::EmailVerification;
use serde_json::json;

use super::Browser;
use super::browser::value_of;
use crate::support::{PASSWORD, TestApp};

const NEW: &str = "another battery staple";

async fn asking() -> TestApp {
    TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await
}

/// The path of the link in a mail, which must begin with our address.
fn link(mail: &crate::support::Arrived) -> String {
    let text = mail.text();
    let line = text.lines().find(|line| line.contains("?token=")).unwrap();
    line.trim().strip_prefix("http://127.0.0.1:5000").unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[tokio::test]
async fn a_link_is_opened_as_often_as_one_likes_and_the_form_behind_it_acts_once() {
    let app = asking().await;
    let ada = app.user("ada").await;
    let path = link(&app.mails().await.remove(0));
    let mut browser = Browser::signed_in(&app, "ada").await;
    let before = app.rows().await;
    let mut page = browser.open(&path).await.expect(200);
    for _ in 0..3 {
        page = browser.open(&path).await.expect(200);
        Browser::new(&app).open(&path).await.expect(200);
        app.anonymous().send(Method::HEAD, &path, "").await.expect(200);
    }
    assert_eq!(app.rows().await, before, "looking changes nothing");
    assert!(!page.text.contains("type=\"password\""), "the session will do");
    let token = value_of(&page.text, "token").unwrap();
    let answer = browser.send("/account/verify", &[("token", &token)]).await;
    let page = browser.follow(&answer, "/account?done=verified").await;
    assert!(page.text.contains("The address is confirmed.") && page.text.contains(">confirmed<"));
    assert_eq!(ada.get("/api/v1/account").await.json["email_verified"], true);
    let page = browser.send("/account/verify", &[("token", &token)]).await.expect(403);
    assert!(page.text.contains("This link or code is not valid"), "{}", page.text);
}

#[tokio::test]
async fn without_a_session_a_link_takes_the_password_or_offers_a_new_one() {
    let app = asking().await;
    let thief = app.user("ada").await;
    let path = link(&app.mails().await.remove(0));
    let mut owner = Browser::new(&app);
    let page = owner.open(&path).await.expect(200);
    assert!(page.text.contains("/account/forgot"), "{}", page.text);
    let token = value_of(&page.text, "token").unwrap();
    let page = owner.send("/account/verify", &[("token", &token)]).await.expect(422);
    assert!(page.text.contains("Password is required"), "{}", page.text);
    assert_eq!(value_of(&page.text, "token").as_ref(), Some(&token), "the link is still in the form");
    let guess = [("token", token.as_str()), ("password", "wrong wrong wrong")];
    owner.send("/account/verify", &guess).await.expect(403);
    app.advance(Duration::from_mins(2));
    owner.open("/account/forgot").await.expect(200);
    let answer = owner.send("/account/forgot", &[("email", "ada@example.com")]).await;
    owner.follow(&answer, "/account/reset?done=mail-sent").await;
    let mail = app.mails().await.remove(0);
    let page = owner.open(&link(&mail)).await.expect(200);
    let reset = value_of(&page.text, "token").unwrap();
    let answer = owner.send("/account/reset", &[("token", &reset), ("password", NEW)]).await;
    let page = owner.follow(&answer, "/account/sign-in?done=password-set").await;
    assert!(page.text.contains("every session has ended"), "{}", page.text);
    thief.get("/api/v1/account").await.session_ended("password_changed");
    owner.send("/account/verify", &[("token", &token), ("password", NEW)]).await.expect(403);
    owner.sign_in("ada", NEW).await;
    let page = owner.open("/account").await.expect(200);
    assert!(page.text.contains(">confirmed<"), "{}", page.text);
}

#[tokio::test]
async fn a_code_does_as_well() {
    let app = asking().await;
    app.user("ada").await;
    let code = app.mails().await.remove(0).code();
    let mut browser = Browser::new(&app);
    browser.open("/account/verify").await.expect(200);
    for (fields, words) in [
        (&[("code", code.as_str()), ("password", PASSWORD)][..], "E-mail address is required beside a code."),
        (&[("email", "ada@example.com"), ("password", PASSWORD)], "<a href=\"#code\">Code is required.</a>"),
    ] {
        let page = browser.send("/account/verify", fields).await.expect(422);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let wrong = [("code", "AAAA-AAAA"), ("email", "ada@example.com"), ("password", PASSWORD)];
    let page = browser.send("/account/verify", &wrong).await.expect(403);
    assert_eq!(value_of(&page.text, "code").as_deref(), Some("AAAA-AAAA"));
    let right = [("code", code.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
    let answer = browser.send("/account/verify", &right).await;
    browser.follow(&answer, "/account/sign-in?done=verified").await;
}

#[tokio::test]
async fn a_new_password_by_code_and_the_old_one_is_gone() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    let mut here = Browser::signed_in(&app, "ada").await;
    app.mails().await;
    let mut browser = Browser::new(&app);
    browser.open("/account/forgot").await.expect(200);
    for email in ["ada@example.com", "nobody@example.com"] {
        let answer = browser.send("/account/forgot", &[("email", email)]).await;
        browser.follow(&answer, "/account/reset?done=mail-sent").await;
    }
    let mails = app.mails().await;
    assert_eq!(mails.len(), 1);
    let code = mails[0].code();
    let page = browser
        .send("/account/reset", &[("code", &code), ("email", "ada@example.com"), ("password", "short")])
        .await
        .expect(422);
    assert!(page.text.contains("Password needs at least 8 characters."), "{}", page.text);
    let fields = [("code", code.as_str()), ("email", "ada@example.com"), ("password", NEW)];
    let answer = browser.send("/account/reset", &fields).await;
    browser.follow(&answer, "/account/sign-in?done=password-set").await;
    browser.send("/account/reset", &fields).await.expect(403);
    assert_eq!(here.whoami().await, None);
    let page = browser.open("/account/forgot").await.expect(200);
    assert!(page.text.contains("We send a mail"));
    let page = browser.send("/account/forgot", &[("email", "nonsense")]).await.expect(422);
    assert!(page.text.contains("E-mail address is not an e-mail address."), "{}", page.text);
}

#[tokio::test]
async fn another_mail_can_be_asked_for_with_and_without_a_session() {
    let app = asking().await;
    app.user("ada").await;
    let first = app.mails().await.remove(0);
    let mut browser = Browser::signed_in(&app, "ada").await;
    app.advance(Duration::from_mins(2));
    let page = browser.open("/account").await.expect(200);
    assert_eq!(value_of(&page.text, "email").as_deref(), Some("ada@example.com"));
    let answer = browser.send("/account/resend", &[("email", "ada@example.com")]).await;
    browser.follow(&answer, "/account/verify?done=mail-sent").await;
    let second = app.mails().await.remove(0);
    browser.send("/account/verify", &[("token", &first.token())]).await.expect(403);
    browser.send("/account/verify", &[("code", &second.code())]).await.expect(303);
    let mut stranger = Browser::new(&app);
    stranger.open("/account/resend").await.expect(200);
    app.mails().await;
    let answer = stranger.send("/account/resend", &[("email", "nobody@example.com")]).await;
    stranger.follow(&answer, "/account/verify?done=mail-sent").await;
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn where_there_can_be_no_links_the_page_says_so() {
    let app = TestApp::with(|config| config.server.listen = "0.0.0.0:5000".parse().unwrap()).await;
    app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let page = browser.open("/account").await.expect(200);
    assert!(!page.text.contains("Mail me a link"), "{}", page.text);
    let page = browser.send("/account/resend", &[("email", "ada@example.com")]).await.expect(503);
    assert!(page.text.contains("This server cannot mail links"), "{}", page.text);
    assert!(!page.header("retry-after").is_empty());
    let mut stranger = Browser::new(&app);
    stranger.open("/account/forgot").await.expect(200);
    let page = stranger.send("/account/forgot", &[("email", "ada@example.com")]).await.expect(503);
    assert!(page.text.contains("This server cannot mail links"), "{}", page.text);
}

#[tokio::test]
async fn a_poisoned_host_header_gets_into_no_mail_and_no_page() {
    let app = asking().await;
    let evil = app.anonymous().header("host", "evil.example").header("x-forwarded-host", "evil.example");
    let mut browser = Browser::of(evil);
    browser.open("/account/register").await.expect(200);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let answer = browser.send("/account/register", &fields).await;
    let page = browser.follow(&answer, "/account/sign-in?done=registered-mail").await;
    browser.open("/account/forgot").await.expect(200);
    let asked = browser.send("/account/forgot", &[("email", "ada@example.com")]).await.expect(303);
    for answer in [&answer, &page, &asked] {
        assert!(!format!("{answer:?}").contains("evil.example"), "{answer:#?}");
    }
    let mails = app.mails().await;
    assert_eq!(mails.len(), 2);
    for mail in mails {
        assert!(!mail.message.contains("evil"), "{}", mail.message);
        link(&mail);
    }
}

#[tokio::test]
async fn a_link_that_is_no_token_of_ours_is_shown_and_refused() {
    let app = asking().await;
    app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let rude = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for path in ["/account/verify", "/account/reset"] {
        let page = browser.open(&format!("{path}?token={rude}&utm_source=mail")).await.expect(200);
        assert!(!page.text.contains("<script"), "{}", page.text);
    }
    let page = browser.send("/account/verify", &[("token", &"A".repeat(64))]).await.expect(403);
    assert!(page.text.contains("/account/resend"));
    let eve = app.user("eve").await;
    let token = app.mails().await.remove(1).token();
    let page = browser.send("/account/verify", &[("token", &token)]).await.expect(403);
    assert!(page.text.contains("about another account"), "{}", page.text);
    eve.post("/api/v1/auth/email/verify", &json!({ "token": token })).await.expect(200);
}
