//! Is this address yours?

use std::time::Duration;

use portcullis::config::EmailVerification;
use serde_json::json;

use crate::support::{Arrived, PASSWORD, TestApp};

const VERIFY: &str = "/api/v1/auth/email/verify";
const RESEND: &str = "/api/v1/auth/email/resend";
const REGISTER: &str = "/api/v1/auth/register";
const LOGIN: &str = "/api/v1/auth/login";

async fn app(verification: EmailVerification) -> TestApp {
    TestApp::with(|config| config.accounts.email_verification = verification).await
}

fn subjects(mails: &[Arrived]) -> Vec<String> {
    mails.iter().map(Arrived::subject).collect()
}

#[tokio::test]
async fn where_it_is_off_nobody_is_asked() {
    let app = app(EmailVerification::Off).await;
    app.user("ada").await;
    assert_eq!(subjects(&app.mails().await), ["Welcome to Portcullis"]);
}

#[tokio::test]
async fn where_it_is_optional_sign_in_does_not_wait_for_it() {
    let app = app(EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    assert_eq!(ada.account["email_verified"], false);
    let mail = app.mails().await;
    assert_eq!(subjects(&mail), ["Confirm your address"]);
    assert!(mail[0].text().contains("/account/verify?token="), "{}", mail[0].text());
    let answer = ada.post(VERIFY, &json!({ "token": mail[0].token() })).await.expect(200);
    assert_eq!(answer.json["email_verified"], true);
    assert_eq!(answer.json, ada.get("/api/v1/account").await.expect(200).json);
    assert_eq!(subjects(&app.mails().await), ["Welcome to Portcullis"]);
    ada.post(VERIFY, &json!({ "token": mail[0].token() })).await.problem(401, "auth.invalid_proof");
    assert!(app.audit_kinds().await.contains(&"email.verified".to_owned()));
}

#[tokio::test]
async fn where_it_is_required_sign_in_waits_for_it() {
    let app = app(EmailVerification::Required).await;
    let body = json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    let answer = app.anonymous().post(REGISTER, &body).await.expect(202);
    assert_eq!(answer.text, "");
    let mail = app.mails().await.remove(0);
    let login = json!({ "login": "ada", "password": PASSWORD });
    app.anonymous().post(LOGIN, &login).await.problem(403, "account.email_unverified");
    let wrong = json!({ "login": "ada", "password": "wrong wrong wrong" });
    app.anonymous().post(LOGIN, &wrong).await.problem(401, "auth.invalid_credentials");
    let proof = json!({ "code": mail.code(), "email": "ada@example.com", "password": PASSWORD });
    app.anonymous().post(VERIFY, &proof).await.expect(200);
    app.sign_in("ada").await;
}

#[tokio::test]
async fn where_it_is_required_an_address_is_too_and_a_taken_one_is_not_told() {
    let app = app(EmailVerification::Required).await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let answer = app.anonymous().post(REGISTER, &body).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["email: required"]);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let first = app.anonymous().post(REGISTER, &body).await.expect(202);
    let second = app.anonymous().post(REGISTER, &body).await.expect(202);
    assert_eq!(first.text, second.text);
    let names = |answer: &crate::support::Answer| {
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&first), names(&second));
    assert_eq!(subjects(&app.mails().await), ["Confirm your address", "You already have an account"]);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
}

/// Which of two taken names a database complains about first differs from engine to engine.
#[tokio::test]
async fn where_it_is_required_a_taken_user_name_does_not_tell_whether_the_address_is_taken_too() {
    let app = app(EmailVerification::Required).await;
    let body = json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    app.anonymous().post(REGISTER, &body).await.expect(202);
    app.mails().await;
    for email in ["ada@example.com", "free@example.com"] {
        let body = json!({ "email": email, "username": "ADA", "password": PASSWORD });
        let answer = app.anonymous().post(REGISTER, &body).await.problem(409, "account.username_taken");
        assert_eq!(answer.fields(), ["username: taken"]);
    }
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn without_an_address_of_the_server_a_required_proof_lets_nobody_register() {
    let app = TestApp::with(|config| {
        config.accounts.email_verification = EmailVerification::Required;
        config.server.listen = "0.0.0.0:5000".parse().unwrap();
    })
    .await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.anonymous().post(REGISTER, &body).await.problem(503, "mail.not_configured");
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
}

/// Somebody registers with an address of somebody else, and waits for the click.
#[tokio::test]
async fn a_click_alone_verifies_nothing_for_whoever_registered() {
    let app = app(EmailVerification::Optional).await;
    let thief = app.user("ada").await;
    let mail = app.mails().await.remove(0);
    let token = json!({ "token": mail.token() });
    let answer = app.anonymous().post(VERIFY, &token).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["password: required"]);
    let guessed = json!({ "token": mail.token(), "password": "the owner's idea" });
    app.anonymous().post(VERIFY, &guessed).await.problem(401, "auth.invalid_credentials");
    let eve = app.user("eve").await;
    eve.post(VERIFY, &token).await.problem(401, "auth.invalid_proof");
    // What the owner is offered instead: a reset, which leaves the thief with nothing.
    app.advance(Duration::from_mins(2));
    app.mails().await;
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
    let way = app.mails().await.remove(0);
    let body = json!({ "token": way.token(), "password": "the owner's idea" });
    app.anonymous().post("/api/v1/auth/password/reset", &body).await.expect(204);
    thief.get("/api/v1/account").await.session_ended("password_changed");
    thief.post(VERIFY, &token).await.session_ended("password_changed");
    let owner = app.anonymous().sign_in("ada", "the owner's idea").await;
    assert_eq!(owner.account["email_verified"], true);
    owner.post(VERIFY, &token).await.problem(401, "auth.invalid_proof");
}

#[tokio::test]
async fn a_proof_of_one_purpose_is_none_for_another() {
    let app = app(EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    let verify = app.mails().await.remove(0);
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
    let reset = app.mails().await.remove(0);
    let body = json!({ "token": verify.token(), "password": "another battery staple" });
    let path = "/api/v1/auth/password/reset";
    app.anonymous().post(path, &body).await.problem(401, "auth.invalid_proof");
    let body =
        json!({ "code": verify.code(), "email": "ada@example.com", "password": "another battery staple" });
    app.anonymous().post(path, &body).await.problem(401, "auth.invalid_proof");
    ada.post(VERIFY, &json!({ "token": reset.token() })).await.problem(401, "auth.invalid_proof");
    ada.post(VERIFY, &json!({ "code": reset.code() })).await.problem(401, "auth.invalid_proof");
    ada.post(VERIFY, &json!({ "code": verify.code() })).await.expect(200);
}

#[tokio::test]
async fn another_mail_can_be_asked_for_as_long_as_it_is_of_use() {
    let app = app(EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    let first = app.mails().await.remove(0);
    app.advance(Duration::from_mins(2));
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post(RESEND, &email).await.expect(202);
    let second = app.mails().await.remove(0);
    ada.post(VERIFY, &json!({ "token": first.token() })).await.problem(401, "auth.invalid_proof");
    ada.post(VERIFY, &json!({ "token": second.token() })).await.expect(200);
    app.mails().await;
    app.advance(Duration::from_mins(2));
    app.anonymous().post(RESEND, &email).await.expect(202);
    app.anonymous().post(RESEND, &json!({ "email": "nobody@example.com" })).await.expect(202);
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn a_proof_lasts_a_day_and_dies_with_the_password() {
    let app = app(EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    let mail = app.mails().await.remove(0);
    let body = json!({ "current_password": PASSWORD, "new_password": "another battery staple" });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    ada.post(VERIFY, &json!({ "token": mail.token() })).await.problem(401, "auth.invalid_proof");
    app.mails().await;
    app.advance(Duration::from_mins(2));
    app.anonymous().post(RESEND, &json!({ "email": "ada@example.com" })).await.expect(202);
    let mail = app.mails().await.remove(0);
    app.advance(Duration::from_hours(24));
    let proof = json!({ "token": mail.token(), "password": "another battery staple" });
    app.anonymous().post(VERIFY, &proof).await.problem(401, "auth.invalid_proof");
}

#[tokio::test]
async fn wrong_passwords_beside_a_proof_count_like_sign_ins() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.accounts.email_verification = EmailVerification::Optional;
    })
    .await;
    app.user("ada").await;
    let mail = app.mails().await.remove(0);
    let guess = json!({ "token": mail.token(), "password": "wrong wrong wrong" });
    let mut answers = Vec::new();
    for _ in 0..15 {
        answers.push(app.anonymous().post(VERIFY, &guess).await.status.as_u16());
    }
    assert!(answers.starts_with(&[401]) && answers.ends_with(&[429]), "{answers:?}");
}
