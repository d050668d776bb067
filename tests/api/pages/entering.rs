//! Registering, signing in, signing out.

use portcullis::config::{EmailVerification, Registration};
use serde_json::json;

use super::Browser;
use crate::support::{PASSWORD, TestApp};

const REGISTER: &str = "/account/register";
const SIGN_IN: &str = "/account/sign-in";

#[tokio::test]
async fn register_sign_in_and_out() {
    let app = TestApp::new().await;
    let mut browser = Browser::new(&app);
    browser.open(REGISTER).await.expect(200);
    let fields = [("email", "ada@example.com"), ("username", "ada"), ("name", ""), ("password", PASSWORD)];
    let answer = browser.send(REGISTER, &fields).await;
    let page = browser.follow(&answer, "/account/sign-in?done=registered").await;
    assert!(page.text.contains("Your account is ready."), "{}", page.text);
    assert_eq!(app.mails().await[0].subject(), "Welcome to Portcullis");
    let answer = browser.send(SIGN_IN, &[("login", "ADA@example.com"), ("password", PASSWORD)]).await;
    browser.follow(&answer, "/account").await;
    assert_eq!(browser.whoami().await.as_deref(), Some("ada"));
    let copy = browser.clone();
    let answer = browser.send("/account/sign-out", &[]).await;
    let page = browser.follow(&answer, "/account/sign-in?done=signed-out").await;
    assert!(page.text.contains("You are signed out."));
    assert!(!browser.cookies.contains_key("portcullis"));
    for mut browser in [browser, copy] {
        let answer = browser.open("/account").await;
        browser.follow(&answer, SIGN_IN).await;
    }
    let kinds = app.audit_kinds().await;
    assert_eq!(kinds, ["account.created", "session.started", "session.ended"]);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_field_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut browser = Browser::new(&app);
    browser.open(REGISTER).await.expect(200);
    let fields = [("email", "nonsense"), ("username", "<b>"), ("password", "short")];
    let page = browser.send(REGISTER, &fields).await.expect(422);
    for part in [
        "<title>Error: Make an account",
        "<li><a href=\"#email\">E-mail address is not an e-mail address.</a></li>",
        "id=\"email-complaint\">E-mail address is not an e-mail address.</p>",
        "aria-describedby=\"email-hint email-complaint\" aria-invalid=\"true\" autofocus",
        "Password needs at least 8 characters.",
        "value=\"nonsense\"",
        "value=\"&lt;b&gt;\"",
    ] {
        assert!(page.text.contains(part), "{part} is missing: {}", page.text);
    }
    assert!(!page.text.contains("short\"") && !page.text.contains("<b>"), "{}", page.text);
    for (fields, status, words) in [
        (&[("email", "ADA@example.com"), ("password", PASSWORD)][..], 409, "with this e-mail address exists"),
        (&[("username", "Ada"), ("password", PASSWORD)], 409, "An account with this user name exists."),
        (&[("password", PASSWORD)], 422, "E-mail address or username is required."),
        (
            &[("username", "eve"), ("role", "admin"), ("password", PASSWORD)],
            422,
            "There is no field role here.",
        ),
        (&[("username", "eve\r\nx"), ("password", PASSWORD)], 422, "User name contains a control character."),
    ] {
        let page = browser.send(REGISTER, fields).await.expect(status);
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
}

#[tokio::test]
async fn a_refused_sign_in_says_what_the_api_says() {
    let app = TestApp::with(|config| config.accounts.registration = Registration::Approval).await;
    let mut browser = Browser::new(&app);
    browser.open(REGISTER).await.expect(200);
    let answer = browser.send(REGISTER, &[("username", "ada"), ("password", PASSWORD)]).await;
    let page = browser.follow(&answer, "/account/sign-in?done=registered-pending").await;
    assert!(page.text.contains("waits for an administrator"), "{}", page.text);
    for (login, password, status, words) in [
        ("ada", PASSWORD, 403, "This account waits for approval."),
        ("ada", "wrong wrong wrong", 403, "The login or the password is wrong."),
        ("nobody", PASSWORD, 403, "The login or the password is wrong."),
        ("", "", 422, "E-mail address or user name is required."),
    ] {
        let page = browser.send(SIGN_IN, &[("login", login), ("password", password)]).await.expect(status);
        assert!(page.text.contains(words) && !page.text.contains(PASSWORD), "{words}: {}", page.text);
        assert!(page.headers.get_all("set-cookie").iter().next().is_none(), "{page:#?}");
    }
    assert_eq!(browser.whoami().await, None);
}

#[tokio::test]
async fn where_registration_is_closed_nobody_is_invited_to_it() {
    let app = TestApp::with(|config| config.accounts.registration = Registration::Closed).await;
    let mut browser = Browser::new(&app);
    let page = browser.open(SIGN_IN).await.expect(200);
    assert!(!page.text.contains(REGISTER), "{}", page.text);
    let page = browser.open(REGISTER).await.expect(403);
    assert!(page.text.contains("does not take registrations"), "{}", page.text);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    browser.send(REGISTER, &fields).await.expect(403);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
}

#[tokio::test]
async fn where_an_approval_is_needed_besides_a_verified_address_nobody_is_promised_to_sign_in() {
    let app = TestApp::with(|config| {
        config.accounts.registration = Registration::Approval;
        config.accounts.email_verification = EmailVerification::Required;
    })
    .await;
    let mut pages = Vec::new();
    for username in ["ada", "eve"] {
        let mut browser = Browser::new(&app);
        browser.open(REGISTER).await.expect(200);
        let fields = [("email", "ada@example.com"), ("username", username), ("password", PASSWORD)];
        let answer = browser.send(REGISTER, &fields).await;
        let page = browser.follow(&answer, "/account/verify?done=registered-look-pending").await;
        pages.push(page.text.replace(&browser.form_token, ""));
    }
    assert!(pages[0].contains("your account waits for an administrator to approve it"), "{}", pages[0]);
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn where_addresses_must_be_verified_sign_in_waits_and_a_taken_one_is_not_told() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Required).await;
    let mut browser = Browser::new(&app);
    browser.open(REGISTER).await.expect(200);
    let page = browser.send(REGISTER, &[("username", "ada"), ("password", PASSWORD)]).await.expect(422);
    assert!(page.text.contains("E-mail address is required: it must be verified"), "{}", page.text);
    let mut pages = Vec::new();
    for username in ["ada", "eve"] {
        browser.open(REGISTER).await.expect(200);
        let fields = [("email", "ada@example.com"), ("username", username), ("password", PASSWORD)];
        let answer = browser.send(REGISTER, &fields).await;
        let page = browser.follow(&answer, "/account/verify?done=registered-look").await;
        pages.push(page.text.replace(&browser.form_token, ""));
    }
    assert_eq!(pages[0], pages[1]);
    let mails = app.mails().await;
    assert_eq!(mails[1].subject(), "You already have an account");
    let page = browser.send(SIGN_IN, &[("login", "ada"), ("password", PASSWORD)]).await.expect(403);
    assert!(page.text.contains("has not been verified") && page.text.contains("/account/resend"));
    browser.open("/account/verify").await.expect(200);
    let code = mails[0].code();
    let fields = [("code", code.as_str()), ("email", "ada@example.com"), ("password", PASSWORD)];
    let answer = browser.send("/account/verify", &fields).await;
    let page = browser.follow(&answer, "/account/sign-in?done=verified").await;
    assert!(page.text.contains("The address is confirmed."), "{}", page.text);
    browser.sign_in("ada", PASSWORD).await;
}

#[tokio::test]
async fn whoever_had_to_sign_in_first_comes_back_and_never_leaves_our_pages() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let mut browser = Browser::new(&app);
    let answer = browser.open("/account/sessions").await;
    browser.follow(&answer, "/account/sign-in?to=sessions").await;
    let fields = [("to", "sessions"), ("login", "ada"), ("password", PASSWORD)];
    let answer = browser.send(SIGN_IN, &fields).await;
    browser.follow(&answer, "/account/sessions").await;
    for to in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "sessions/../..",
        "%0d%0aX:y",
        "sign-in",
    ] {
        let mut browser = Browser::new(&app);
        let path = format!("{SIGN_IN}?to={}", to.replace('%', "%25").replace('\\', "%5C"));
        let page = browser.open(&path).await.expect(200);
        assert!(!page.text.contains("evil"), "{}", page.text);
        let answer = browser.send(SIGN_IN, &[("to", to), ("login", "ada"), ("password", PASSWORD)]).await;
        browser.follow(&answer, "/account").await;
    }
}

#[tokio::test]
async fn limits_hold_as_they_do_at_the_api() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.limits.registration = "1/h".parse().unwrap();
        config.limits.mail = "1/h".parse().unwrap();
    })
    .await;
    app.user("ada").await;
    let mut browser = Browser::new(&app);
    browser.open(REGISTER).await.expect(200);
    let answer = browser.send(REGISTER, &[("username", "eve"), ("password", PASSWORD)]).await.expect(429);
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 1000, "{answer:#?}");
    assert!(answer.text.contains("Too many requests of this kind"), "{}", answer.text);
    let forgot = [("email", "ada@example.com")];
    browser.send("/account/forgot", &forgot).await.expect(303);
    browser.send("/account/forgot", &forgot).await.expect(429);
    let mut statuses = Vec::new();
    for _ in 0..15 {
        let wrong = [("login", "ada"), ("password", "wrong wrong wrong")];
        statuses.push(browser.send(SIGN_IN, &wrong).await.status.as_u16());
    }
    assert!(statuses.starts_with(&[403]) && statuses.ends_with(&[429]), "{statuses:?}");
    let login = json!({ "login": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &login).await.problem(429, "limits.too_many_attempts");
}
