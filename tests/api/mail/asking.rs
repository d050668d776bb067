//! Mails that strangers ask for: many at once, and what they could learn by it.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use portcullis::base::{Origin, Result, Trace};
use portcullis::config::EmailVerification;
use portcullis::resources::accounts::proofs::{self, EmailRequest, Wish};
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

/// The same request eight times at once.
async fn at_once(app: &TestApp, path: &str, body: &Value) {
    let caller = app.anonymous();
    for answer in join_all((0..8).map(|_| caller.post(path, body))).await {
        answer.expect(202);
    }
}

#[tokio::test]
async fn of_many_wishes_at_once_one_is_mailed() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await;
    app.user("ada").await;
    app.mails().await;
    app.advance(Duration::from_mins(2));
    let email = json!({ "email": "ada@example.com" });
    for path in ["/api/v1/auth/password/forgot", "/api/v1/auth/email/resend"] {
        at_once(&app, path, &email).await;
        assert_eq!(app.mails().await.len(), 1, "{path}");
    }
}

#[tokio::test]
async fn of_many_registrations_at_once_with_a_taken_address_its_owner_hears_once() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Required).await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(202);
    app.mails().await;
    at_once(&app, "/api/v1/auth/register", &body).await;
    assert_eq!(app.mails().await.len(), 1);
}

#[tokio::test]
async fn of_many_new_addresses_at_once_one_can_be_confirmed() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let bodies: Vec<_> =
        (0..6).map(|n| json!({ "email": format!("a{n}@example.com"), "password": PASSWORD })).collect();
    for answer in join_all(bodies.iter().map(|body| ada.put("/api/v1/account/email", body))).await {
        answer.expect(202);
    }
    let open = "SELECT COUNT(*) FROM mails WHERE template = 'confirm_address' AND void_at IS NULL";
    assert_eq!(app.count(open).await, 1);
}

/// How many statements a wish takes.
async fn statements(app: &TestApp, wish: Wish, email: &str) -> u32 {
    let email: EmailRequest = serde_json::from_value(json!({ "email": email })).unwrap();
    let origin = Origin { address: "127.0.0.1".parse().unwrap(), user_agent: String::new() };
    let asked = async { proofs::request(&app.app, wish, email.into_email()?, origin).await };
    let (trace, mut asked) = (Trace::new("test", Duration::ZERO), pin!(asked));
    let done: Result<()> = poll_fn(|context| trace.enter(|| asked.as_mut().poll(context))).await;
    done.unwrap();
    trace.database_work().statements
}

#[tokio::test]
async fn a_wish_takes_as_many_statements_whether_it_is_granted_or_not() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await;
    app.user("ada").await;
    app.mails().await;
    app.advance(Duration::from_mins(2));
    for wish in [Wish::Reset, Wish::Verification] {
        let granted = statements(&app, wish, "ada@example.com").await;
        assert_eq!(app.mails().await.len(), 1);
        assert!(granted > 5, "{granted}");
        let too_soon = statements(&app, wish, "ada@example.com").await;
        let unknown = statements(&app, wish, "nobody@example.com").await;
        assert_eq!((too_soon, unknown), (granted, granted), "{wish:?}");
        assert_eq!(app.mails().await, []);
    }
}
