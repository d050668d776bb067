//! Codes are short: what they are worth hangs on how many tries they survive.

use futures_util::future::join_all;
use portcullis::config::EmailVerification;
use serde_json::{Value, json};

use crate::support::{Arrived, PASSWORD, TestApp, User};

const VERIFY: &str = "/api/v1/auth/email/verify";
const RESET: &str = "/api/v1/auth/password/reset";

/// A signed-in account with two unread mails: one about its address, and one about the address it wants.
async fn two_open() -> (TestApp, User, Arrived, Arrived) {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    let verify = app.mails().await.remove(0);
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    ada.put("/api/v1/account/email", &body).await.expect(202);
    let confirm = app.mails().await.remove(0);
    (app, ada, verify, confirm)
}

fn code(code: &str) -> Value {
    json!({ "code": code })
}

#[tokio::test]
async fn a_wrong_code_counts_on_every_mail_that_it_could_have_been_of() {
    let (app, ada, verify, confirm) = two_open().await;
    for _ in 0..5 {
        ada.post(VERIFY, &code("0000-0000")).await.problem(401, "auth.invalid_proof");
    }
    for mail in [&verify, &confirm] {
        ada.post(VERIFY, &code(&mail.code())).await.problem(401, "auth.invalid_proof");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM mails WHERE code_failures = 5").await, 2);
    for mail in [&verify, &confirm] {
        ada.post(VERIFY, &json!({ "token": mail.token() })).await.expect(200);
    }
}

#[tokio::test]
async fn a_right_code_counts_on_none() {
    let (app, _, verify, confirm) = two_open().await;
    for mail in [&verify, &confirm, &verify, &confirm, &verify, &confirm] {
        let body =
            json!({ "code": mail.code(), "email": "ada@example.com", "password": "wrong wrong wrong" });
        app.anonymous().post(VERIFY, &body).await.problem(401, "auth.invalid_credentials");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM mails WHERE code_failures <> 0").await, 0);
    let body = json!({ "code": confirm.code(), "email": "ada@example.com", "password": PASSWORD });
    let answer = app.anonymous().post(VERIFY, &body).await.expect(200);
    assert_eq!(answer.json["email"], "new@example.com");
}

#[tokio::test]
async fn of_many_tries_at_once_five_are_judged() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
    let mail = app.mails().await.remove(0);
    let body =
        |code: String| json!({ "code": code, "email": "ada@example.com", "password": "new battery staple" });
    let guesses = (0..40).map(|guess| body(format!("0000-00{guess:02}"))).chain([body(mail.code())]);
    let guesses: Vec<_> = guesses.collect();
    let caller = app.anonymous();
    let answers = join_all(guesses.iter().map(|guess| caller.post(RESET, guess))).await;
    assert!(answers.iter().all(|answer| answer.status == 401), "{answers:?}");
    assert_eq!(app.count("SELECT SUM(code_failures) FROM mails").await, 5);
}
