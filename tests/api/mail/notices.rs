//! What people hear of without asking.

use std::time::Duration;

use portcullis::config::{EmailVerification, Registration};
use portcullis::mail::Refusal;
use serde_json::json;

use crate::support::{Arrived, PASSWORD, TestApp};

fn subjects(mails: &[Arrived]) -> Vec<String> {
    mails.iter().map(Arrived::subject).collect()
}

#[tokio::test]
async fn whoever_waits_hears_when_it_is_decided() {
    let app = TestApp::with(|config| config.accounts.registration = Registration::Approval).await;
    let admin = app.admin().await;
    let mut mails = Vec::new();
    for name in ["ada", "eve"] {
        let body = json!({ "email": format!("{name}@example.com"), "username": name, "password": PASSWORD });
        let id = app.anonymous().post("/api/v1/auth/register", &body).await.expect(201).text_at("id");
        assert_eq!(app.mails().await, [], "nothing to say yet");
        let decision = if name == "ada" { "approve" } else { "reject" };
        let why = json!({ "reason": "for the file only" });
        admin.post(&format!("/api/v1/users/{id}/{decision}"), &why).await.expect(200);
        mails.extend(app.mails().await);
    }
    assert_eq!(subjects(&mails), ["Your account is approved", "Your account was not approved"]);
    assert_eq!([&mails[0].to, &mails[1].to], ["ada@example.com", "eve@example.com"]);
    assert!(!mails[1].text().contains("for the file only"), "{}", mails[1].text());
}

#[tokio::test]
async fn whoever_is_locked_out_hears_why_and_until_when() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let admin = app.admin().await;
    app.mails().await;
    let id = ada.account["id"].as_str().unwrap();
    let body = json!({ "reason": "too much noise", "until": "2026-11-25T08:15:00Z" });
    admin.post(&format!("/api/v1/users/{id}/disable"), &body).await.expect(200);
    let mail = app.mails().await.remove(0);
    assert_eq!(mail.subject(), "Your account was disabled");
    assert!(mail.text().contains("until 2026-11-25 08:15 UTC"), "{}", mail.text());
    assert!(mail.text().contains("The reason given: too much noise"), "{}", mail.text());
}

#[tokio::test]
async fn a_new_password_is_told_with_where_it_came_from() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.mails().await;
    let body = json!({ "current_password": PASSWORD, "new_password": "another battery staple" });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    let mail = app.mails().await.remove(0);
    assert_eq!(mail.subject(), "Your password was changed");
    assert!(mail.text().contains("on 2026-11-21 12:00 UTC, from the address 127.0.0.1"), "{}", mail.text());
}

#[tokio::test]
async fn a_sign_in_from_a_device_that_is_not_known_is_told_once() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    app.user("ada").await;
    assert_eq!(subjects(&app.mails().await), ["Welcome to Portcullis"], "the first sign-in is no news");
    app.sign_in("ada").await;
    assert_eq!(app.mails().await, [], "the same device");
    let elsewhere =
        app.anonymous().header("x-forwarded-for", "203.0.113.9").header("user-agent", "Thief/1.0");
    elsewhere.sign_in("ada", PASSWORD).await;
    let mail = app.mails().await.remove(0);
    assert_eq!(mail.subject(), "A new sign-in to your account");
    assert!(mail.text().contains("203.0.113.9") && mail.text().contains("Thief/1.0"), "{}", mail.text());
    elsewhere.sign_in("ada", PASSWORD).await;
    assert_eq!(app.mails().await, []);
    app.advance(Duration::from_hours(31 * 24));
    elsewhere.sign_in("ada", PASSWORD).await;
    assert_eq!(app.mails().await.len(), 1, "forgotten after 30 days");
}

#[tokio::test]
async fn an_address_that_an_administrator_changes_is_told_to_both_and_asked_for_where_that_is_wanted() {
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Optional).await;
    let ada = app.user("ada").await;
    let admin = app.admin().await;
    app.mails().await;
    let path = format!("/api/v1/users/{}", ada.account["id"].as_str().unwrap());
    admin.patch(&path, &json!({ "email": "new@example.com" })).await.expect(200);
    let mails = app.mails().await;
    let mut told: Vec<_> = mails.iter().map(|mail| (mail.to.as_str(), mail.subject())).collect();
    told.sort();
    let changed = "Your address was changed".to_owned();
    assert_eq!(
        told,
        [
            ("ada@example.com", changed.clone()),
            ("new@example.com", "Confirm your address".to_owned()),
            ("new@example.com", changed)
        ]
    );
    admin.patch(&path, &json!({ "name": "Countess" })).await.expect(200);
    assert_eq!(app.mails().await, [], "a name is no news");
}

#[tokio::test]
async fn operators_vouch_for_those_they_make_where_addresses_must_be_verified() {
    use portcullis::base::{Caller, ManagesPeople, Permission, Role, Status};
    use portcullis::resources::accounts::RegisterRequest;
    use portcullis::resources::accounts::people::{NewPerson, create};
    let app = TestApp::with(|config| config.accounts.email_verification = EmailVerification::Required).await;
    let request = RegisterRequest::new(Some("root@example.com".into()), None, None, PASSWORD.into());
    let registration = request.into_registration(&app.app.password_rules).unwrap();
    let permission = ManagesPeople::of(Caller::command_line()).unwrap();
    let person = NewPerson { registration, role: Role::Admin, status: Status::Active };
    create(&app.app, permission, person).await.unwrap();
    let root = app.anonymous().sign_in("root@example.com", PASSWORD).await;
    let body = json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    root.post("/api/v1/users", &body).await.expect(201);
    let login = json!({ "login": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/login", &login).await.problem(403, "account.email_unverified");
    assert_eq!(subjects(&app.mails().await), ["Confirm your address"]);
}

#[tokio::test]
async fn doors_with_a_contract_greet_in_its_words_or_not_at_all() {
    use portcullis::base::Origin;
    use portcullis::resources::accounts::{Greeting, Reception, RegisterRequest, register};
    let app = TestApp::new().await;
    app.post.refuse(Some(Refusal::way("down")));
    for (name, greeting) in [("<ada>", Greeting::Service), ("eve", Greeting::Silent)] {
        let email = format!("{}@example.com", name.trim_matches(['<', '>']));
        let request = RegisterRequest::new(Some(email), Some(name.into()), None, PASSWORD.into());
        let registration = request.into_registration(&app.app.password_rules).unwrap();
        let origin = Origin { address: "127.0.0.1".parse().unwrap(), user_agent: String::new() };
        let reception = Reception { greeting, ..Reception::CONTRACT };
        register(&app.app, registration, reception, origin).await.unwrap();
        assert_eq!(app.mails().await, [], "registering works while nothing can leave");
    }
    app.post.refuse(None);
    app.advance(Duration::from_mins(1));
    let mails = app.mails().await;
    assert_eq!(subjects(&mails), ["Welcome to Our Service"]);
    assert_eq!(mails[0].to, "ada@example.com");
    assert!(mails[0].text().starts_with("Welcome, <ada>!\n"), "{}", mails[0].text());
    assert!(mails[0].html().contains("Welcome, &lt;ada&gt;!"), "{}", mails[0].html());
}

/// Not every disabling of somebody who waits is a decision about the registration.
#[tokio::test]
async fn whoever_waits_and_is_locked_out_hears_that_and_no_rejection() {
    let app = TestApp::with(|config| config.accounts.registration = Registration::Approval).await;
    let admin = app.admin().await;
    let body = json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    let id = app.anonymous().post("/api/v1/auth/register", &body).await.expect(201).text_at("id");
    admin.patch(&format!("/api/v1/users/{id}"), &json!({ "status": "disabled" })).await.expect(200);
    assert_eq!(subjects(&app.mails().await), ["Your account was disabled"]);
}

/// Its user names are not unique, so that they stand in the name.
#[tokio::test]
async fn the_task_managers_door_greets_by_its_user_name_and_does_not_wait_for_the_mail() {
    let app = TestApp::with(|config| crate::dialects::speak(config, &[("task_manager", "/")])).await;
    app.post.refuse(Some(Refusal::way("down")));
    let body = json!({
        "username": "<ada>", "email": "ada@example.com", "password": "secret123", "confirm_password": "secret123",
    });
    app.anonymous().post("/auth/register", &body).await.expect(201);
    assert_eq!(app.mails().await, []);
    app.post.refuse(None);
    app.advance(Duration::from_mins(1));
    let mails = app.mails().await;
    assert_eq!(subjects(&mails), ["Welcome to Our Service"]);
    assert_eq!(mails[0].to, "ada@example.com");
    assert!(mails[0].html().contains("Welcome, &lt;ada&gt;!"), "{}", mails[0].html());
    let variables = "SELECT COUNT(*) FROM mails WHERE variables LIKE '%\"username\":\"<ada>\"%'";
    assert_eq!(app.count(variables).await, 1);
}
