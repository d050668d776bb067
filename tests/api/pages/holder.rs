//! What holders change about their account.

use std::time::Duration;

use serde_json::json;

use super::Browser;
use super::browser::value_of;
use crate::support::{PASSWORD, TestApp};

const NEW: &str = "another battery staple";

#[tokio::test]
async fn another_address_is_confirmed_from_there() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.user("eve").await;
    app.mails().await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let page = browser.open("/account/address").await.expect(200);
    assert!(page.text.contains("<strong>ada@example.com</strong>"), "{}", page.text);
    for (email, password, status, words) in [
        ("new@example.com", "wrong wrong wrong", 403, "The current password is wrong."),
        ("eve@example.com", PASSWORD, 409, "An account with this e-mail address exists."),
        ("ada@example.com", PASSWORD, 422, "E-mail address is the address that the account has."),
        ("", "", 422, "E-mail address is required."),
    ] {
        let fields = [("email", email), ("password", password)];
        let page = browser.send("/account/address", &fields).await.expect(status);
        assert!(page.text.contains(words) && page.text.contains("ada@example.com"), "{words}: {}", page.text);
    }
    app.mails().await;
    let fields = [("email", "Countess@bücher.example"), ("password", PASSWORD)];
    let answer = browser.send("/account/address", &fields).await;
    let page = browser.follow(&answer, "/account/verify?done=address-asked").await;
    assert!(page.text.contains("Until you confirm it, the old one stays."), "{}", page.text);
    let code = app.mails().await.remove(0).code();
    let answer = browser.send("/account/verify", &[("code", &code)]).await;
    let page = browser.follow(&answer, "/account?done=verified").await;
    assert!(page.text.contains("Countess@bücher.example"), "{}", page.text);
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_only() {
    let app = TestApp::new().await;
    let elsewhere = app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let mut other = Browser::signed_in(&app, "ada").await;
    browser.open("/account/password").await.expect(200);
    for (current, new, status, words) in [
        ("wrong wrong wrong", NEW, 403, "The current password is wrong."),
        (PASSWORD, "short", 422, "New password needs at least 8 characters."),
        ("", "", 422, "Current password is required."),
    ] {
        let fields = [("current_password", current), ("new_password", new)];
        let page = browser.send("/account/password", &fields).await.expect(status);
        assert!(page.text.contains(words) && !page.text.contains(PASSWORD), "{words}: {}", page.text);
    }
    let fields = [("current_password", PASSWORD), ("new_password", NEW)];
    let answer = browser.send("/account/password", &fields).await;
    let page = browser.follow(&answer, "/account?done=password-changed").await;
    assert!(page.text.contains("Your password is changed."), "{}", page.text);
    elsewhere.get("/api/v1/account").await.session_ended("password_changed");
    assert_eq!(other.whoami().await, None);
}

#[tokio::test]
async fn an_account_is_deleted_with_its_password() {
    let app = TestApp::new().await;
    let elsewhere = app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    browser.open("/account/delete").await.expect(200);
    let page = browser.send("/account/delete", &[("password", "wrong wrong wrong")]).await.expect(403);
    assert!(page.text.contains("The current password is wrong."), "{}", page.text);
    let answer = browser.send("/account/delete", &[("password", PASSWORD)]).await;
    let page = browser.follow(&answer, "/account/sign-in?done=deleted").await;
    assert!(page.text.contains("Your account is deleted."), "{}", page.text);
    elsewhere.get("/api/v1/account").await.session_ended("deleted");
    let login = json!({ "login": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &login).await.problem(401, "auth.invalid_credentials");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::new().await;
    app.admin().await;
    let mut browser = Browser::signed_in(&app, "admin").await;
    browser.open("/account/delete").await.expect(200);
    let page = browser.send("/account/delete", &[("password", PASSWORD)]).await.expect(409);
    assert!(page.text.contains("This is the last active administrator."), "{}", page.text);
    assert_eq!(browser.whoami().await.as_deref(), Some("admin"));
}

#[tokio::test]
async fn the_account_is_shown_with_its_marks_escaped() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    ada.patch("/api/v1/account", &json!({ "name": "<script>alert(1)</script>" })).await.expect(200);
    let mut browser = Browser::signed_in(&app, "ada").await;
    let page = browser.open("/account?done=nothing-we-know").await.expect(200);
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(page.text.contains("&lt;script&gt;") && page.text.contains("not confirmed"), "{}", page.text);
    assert!(!page.text.contains("nothing-we-know") && !page.text.contains("class=\"notice\""));
    assert_eq!(value_of(&page.text, "email").as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn a_form_that_was_shown_long_ago_is_good_as_long_as_its_session() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut browser = Browser::signed_in(&app, "ada").await;
    let old = browser.clone();
    app.advance(Duration::from_hours(48));
    browser.open("/account").await.expect(200);
    let mut old = Browser { cookies: browser.cookies.clone(), ..old };
    old.send("/account/sessions", &[("others", "all")]).await.expect(303);
}
