//! Another address for an account.

use std::time::Duration;

use portcullis::config::EmailVerification;
use serde_json::json;

use crate::support::{Arrived, PASSWORD, TestApp};

const PATH: &str = "/api/v1/account/email";
const VERIFY: &str = "/api/v1/auth/email/verify";

fn to(mails: &[Arrived]) -> Vec<(&str, String)> {
    let mut all: Vec<_> = mails.iter().map(|mail| (mail.to.as_str(), mail.subject())).collect();
    all.sort();
    all
}

#[tokio::test]
async fn the_new_address_confirms_and_both_are_told() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.mails().await;
    let body = json!({ "email": "Countess@Bücher.example", "password": PASSWORD });
    ada.put(PATH, &body).await.expect(202);
    let mails = app.mails().await;
    assert_eq!(to(&mails), [("Countess@xn--bcher-kva.example", "Confirm your new address".to_owned())]);
    assert_eq!(ada.get("/api/v1/account").await.json["email"], "ada@example.com", "not yet");
    let answer = ada.post(VERIFY, &json!({ "token": mails[0].token() })).await.expect(200);
    assert_eq!(answer.json["email"], "Countess@Bücher.example");
    assert_eq!(answer.json["email_verified"], true);
    let told = app.mails().await;
    let changed = "Your address was changed".to_owned();
    assert_eq!(
        to(&told),
        [("Countess@xn--bcher-kva.example", changed.clone()), ("ada@example.com", changed)]
    );
    assert!(told[0].text().contains("from ada@example.com to Countess@Bücher.example"), "{}", told[0].text());
    app.anonymous().sign_in("countess@bücher.example", PASSWORD).await;
    let kinds = app.audit_kinds().await;
    for kind in ["email.change_requested", "email.changed"] {
        assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
    }
}

#[tokio::test]
async fn it_takes_the_password_and_a_free_address() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.user("eve").await;
    app.mails().await;
    for (email, password, status, code) in [
        ("new@example.com", "wrong wrong wrong", 403, "account.wrong_password"),
        ("EVE@example.com", PASSWORD, 409, "account.email_taken"),
        ("ADA@example.com", PASSWORD, 422, "request.invalid"),
        ("nonsense", PASSWORD, 422, "request.invalid"),
    ] {
        ada.put(PATH, &json!({ "email": email, "password": password })).await.problem(status, code);
    }
    app.anonymous()
        .put(PATH, &json!({ "email": "a@b.example", "password": PASSWORD }))
        .await
        .problem(401, "auth.missing_token");
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn where_addresses_must_be_verified_a_taken_one_is_not_told() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Required).await;
    for name in ["ada", "eve"] {
        let body = json!({ "email": format!("{name}@example.com"), "username": name, "password": PASSWORD });
        app.anonymous().post("/api/v1/auth/register", &body).await.expect(202);
    }
    app.mails().await;
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    let ada = app.sign_in("ada").await;
    ada.put(PATH, &json!({ "email": "eve@example.com", "password": PASSWORD })).await.expect(202);
    ada.put(PATH, &json!({ "email": "new@example.com", "password": PASSWORD })).await.expect(202);
    let mails = app.mails().await;
    let subjects = [
        ("eve@example.com", "You already have an account".to_owned()),
        ("new@example.com", "Confirm your new address".to_owned()),
    ];
    assert_eq!(to(&mails), subjects);
}

/// The mail of an older wish must not tell, by being good or not, whether the address of the newer one is free.
#[tokio::test]
async fn where_addresses_must_be_verified_a_wish_for_a_taken_one_ends_the_older_one_too() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Required).await;
    for name in ["ada", "eve"] {
        let body = json!({ "email": format!("{name}@example.com"), "username": name, "password": PASSWORD });
        app.anonymous().post("/api/v1/auth/register", &body).await.expect(202);
    }
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    let ada = app.sign_in("ada").await;
    for newer in ["eve@example.com", "free@example.com"] {
        app.mails().await;
        ada.put(PATH, &json!({ "email": "new@example.com", "password": PASSWORD })).await.expect(202);
        let older = app.mails().await.remove(0);
        ada.put(PATH, &json!({ "email": newer, "password": PASSWORD })).await.expect(202);
        ada.post(VERIFY, &json!({ "token": older.token() })).await.problem(401, "auth.invalid_proof");
    }
}

#[tokio::test]
async fn of_two_wishes_the_newer_counts_and_a_changed_password_ends_both() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.mails().await;
    let wish = async |email: &str, password: &str| {
        ada.put(PATH, &json!({ "email": email, "password": password })).await.expect(202);
        app.mails().await.remove(0)
    };
    let first = wish("one@example.com", PASSWORD).await;
    let second = wish("two@example.com", PASSWORD).await;
    ada.post(VERIFY, &json!({ "token": first.token() })).await.problem(401, "auth.invalid_proof");
    let new = "another battery staple";
    let body = json!({ "current_password": PASSWORD, "new_password": new });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    ada.post(VERIFY, &json!({ "token": second.token() })).await.problem(401, "auth.invalid_proof");
    app.mails().await;
    let third = wish("three@example.com", new).await;
    // With its password and without a session, as from another device.
    let proof = json!({ "token": third.token(), "password": new });
    app.anonymous().post(VERIFY, &proof).await.expect(200);
    assert_eq!(ada.get("/api/v1/account").await.json["email"], "three@example.com");
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_not_given_twice() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.mails().await;
    ada.put(PATH, &json!({ "email": "eve@example.com", "password": PASSWORD })).await.expect(202);
    let mail = app.mails().await.remove(0);
    app.user("eve").await;
    app.advance(Duration::from_secs(1));
    ada.post(VERIFY, &json!({ "token": mail.token() })).await.problem(409, "account.email_taken");
    assert_eq!(ada.get("/api/v1/account").await.json["email"], "ada@example.com");
}

#[tokio::test]
async fn an_account_without_an_address_gets_its_first_one_the_same_way() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    admin.put(PATH, &json!({ "email": "root@example.com", "password": PASSWORD })).await.expect(202);
    let mail = app.mails().await.remove(0);
    let answer = admin.post(VERIFY, &json!({ "code": mail.code() })).await.expect(200);
    assert_eq!(
        (&answer.json["email"], &answer.json["email_verified"]),
        (&json!("root@example.com"), &json!(true))
    );
    assert_eq!(to(&app.mails().await), [("root@example.com", "Your address was changed".to_owned())]);
}

#[tokio::test]
async fn the_wish_of_an_account_without_an_address_lapses_when_it_gets_one() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    admin.put(PATH, &json!({ "email": "root@example.com", "password": PASSWORD })).await.expect(202);
    let mail = app.mails().await.remove(0);
    app.execute("UPDATE accounts SET email = 'b@example.com', email_key = 'b@example.com'").await;
    admin.post(VERIFY, &json!({ "token": mail.token() })).await.problem(401, "auth.invalid_proof");
}

#[tokio::test]
async fn names_and_addresses_never_add_headers() {
    let app = TestApp::new().await;
    let rude = "ada@example.com\r\nBcc: everybody@example.com";
    let body = json!({ "email": rude, "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.problem(422, "request.invalid");
    let body = json!({
        "email": "ada@example.com", "name": "Ada =?utf-8?q?Bcc:_x=40example.com?= <b>", "password": PASSWORD,
    });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
    let welcome = app.mails().await.remove(0);
    assert!(
        !welcome.message.contains("Ada") && !welcome.text().contains("Ada"),
        "nobody has shown the address"
    );
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
    let mail = app.mails().await.remove(0);
    assert!(mail.html().contains("&lt;b&gt;"), "{}", mail.html());
    let head = mail.message.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains("Bcc"), "{head}");
    assert!(!mail.html().contains("<b>"), "{}", mail.html());
}
