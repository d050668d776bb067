//! Addresses that somebody changes without their new holder: by an administrator, or through a contract's door.

use portcullis::base::{Authenticator, Id, Origin};
use portcullis::config::EmailVerification;
use portcullis::resources::accounts::unproven::{self, UnprovenChange};
use portcullis::resources::sessions::SessionAuthenticator;
use serde_json::json;

use crate::support::{Arrived, TestApp, User};

const VERIFY: &str = "/api/v1/auth/email/verify";

/// A verified account with an unread mail that offers a new password.
async fn proven() -> (TestApp, User, Arrived) {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await;
    let file = app.user("file").await;
    let mail = app.mails().await.remove(0);
    file.post(VERIFY, &json!({ "token": mail.token() })).await.expect(200);
    app.mails().await;
    let email = json!({ "email": "file@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
    let mail = app.mails().await.remove(0);
    (app, file, mail)
}

/// As an administrator does it, or as a door without a password does.
async fn change(app: &TestApp, whose: &User, email: &str, by_admin: bool) {
    let id: Id = whose.account["id"].as_str().unwrap().parse().unwrap();
    if by_admin {
        let admin = app.admin().await;
        let body = json!({ "email": email });
        admin.patch(&format!("/api/v1/users/{id}"), &body).await.expect(200);
        return;
    }
    let authenticator = SessionAuthenticator::new(app.app.clone());
    let actor = authenticator.authenticate(&whose.access_token).await.unwrap();
    let origin = Origin { address: "127.0.0.1".parse().unwrap(), user_agent: String::new() };
    let change = UnprovenChange::read(None, Some(email.into()), None).unwrap();
    unproven::update(&app.app, actor, change, origin).await.unwrap();
}

/// The ligature folds to two letters, and may be another postbox.
#[tokio::test]
async fn an_address_that_only_folds_alike_has_to_be_shown_anew() {
    for by_admin in [true, false] {
        let (app, file, reset) = proven().await;
        change(&app, &file, "\u{fb01}le@example.com", by_admin).await;
        let account = file.get("/api/v1/account").await.expect(200);
        assert_eq!(account.json["email_verified"], false);
        let mut told: Vec<_> =
            app.mails().await.iter().map(|mail| (mail.to.clone(), mail.subject())).collect();
        told.sort();
        let told: Vec<_> = told.iter().map(|(to, subject)| (to.as_str(), subject.as_str())).collect();
        let changed = "Your address was changed";
        let (old, new) = ("file@example.com", "\u{fb01}le@example.com");
        assert_eq!(told, [(old, changed), (new, "Confirm your address"), (new, changed)]);
        let body = json!({ "token": reset.token(), "password": "another battery staple" });
        let answer = app.anonymous().post("/api/v1/auth/password/reset", &body).await;
        answer.problem(401, "auth.invalid_proof");
    }
}

#[tokio::test]
async fn an_address_whose_domain_is_written_otherwise_stays_the_same() {
    for by_admin in [true, false] {
        let (app, file, _) = proven().await;
        change(&app, &file, "file@EXAMPLE.com", by_admin).await;
        let account = file.get("/api/v1/account").await.expect(200);
        assert_eq!(account.json["email"], "file@EXAMPLE.com");
        assert_eq!(account.json["email_verified"], true);
        assert_eq!(app.mails().await, []);
    }
}

#[tokio::test]
async fn an_account_that_was_greeted_is_not_greeted_again() {
    let (app, file, _) = proven().await;
    change(&app, &file, "new@example.com", true).await;
    let mails = app.mails().await;
    let asked = mails.iter().find(|mail| mail.subject() == "Confirm your address").unwrap();
    file.post(VERIFY, &json!({ "token": asked.token() })).await.expect(200);
    assert_eq!(app.mails().await, []);
}
