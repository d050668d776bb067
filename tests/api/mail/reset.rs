//! A forgotten password.

use std::time::Duration;

use serde_json::{Value, json};

use super::{queue, states};
use crate::support::{Answer, Arrived, PASSWORD, TestApp, server};

const FORGOT: &str = "/api/v1/auth/password/forgot";
const RESET: &str = "/api/v1/auth/password/reset";
const NEW: &str = "another battery staple";

/// An account with an unread mail that offers a new password.
async fn forgotten(app: &TestApp) -> Arrived {
    app.user("ada").await;
    app.mails().await;
    ask(app).await
}

async fn ask(app: &TestApp) -> Arrived {
    app.anonymous().post(FORGOT, &json!({ "email": "Ada@Example.com" })).await.expect(202);
    let mut arrived = app.mails().await;
    assert_eq!(arrived.len(), 1);
    arrived.remove(0)
}

async fn reset(app: &TestApp, mut body: Value) -> Answer {
    body["password"] = json!(NEW);
    app.anonymous().post(RESET, &body).await
}

fn by_code(mail: &Arrived) -> Value {
    json!({ "code": mail.code(), "email": "ada@example.com" })
}

#[tokio::test]
async fn a_mail_leads_to_a_new_password_and_ends_everything_old() {
    for by_link in [true, false] {
        let app = TestApp::new().await;
        let mail = forgotten(&app).await;
        assert_eq!((mail.to.as_str(), mail.subject().as_str()), ("ada@example.com", "Choose a new password"));
        let link = format!("http://127.0.0.1:5000/account/reset?token={}", mail.token());
        assert!(mail.text().contains(&link) && mail.text().contains("for 1 hour."), "{}", mail.text());
        let thief = app.sign_in("ada").await;
        let body = if by_link { json!({ "token": mail.token() }) } else { by_code(&mail) };
        reset(&app, body).await.expect(204);
        thief.get("/api/v1/account").await.session_ended("password_changed");
        let old = json!({ "login": "ada", "password": PASSWORD });
        app.anonymous().post("/api/v1/auth/login", &old).await.problem(401, "auth.invalid_credentials");
        let ada = app.anonymous().sign_in("ada", NEW).await;
        assert_eq!(ada.account["email_verified"], true, "whoever reads the mails has the address");
        let told = app.mails().await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].subject(), "Your password was changed");
        let kinds = app.audit_kinds().await;
        for kind in ["password.reset_requested", "password.reset"] {
            assert!(kinds.contains(&kind.to_owned()), "{kinds:?}");
        }
    }
}

/// A thief's device must not go on passing for a known one.
#[tokio::test]
async fn behind_a_reset_every_device_is_a_new_one() {
    let app = TestApp::with(|config| config.limits.enabled = true).await;
    let mail = forgotten(&app).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM known_devices").await, 1);
    reset(&app, json!({ "token": mail.token() })).await.expect(204);
    assert_eq!(app.count("SELECT COUNT(*) FROM known_devices").await, 0);
    app.mails().await;
    app.anonymous().sign_in("ada", NEW).await;
    assert_eq!(app.mails().await.remove(0).subject(), "A new sign-in to your account");
}

/// Two addresses that fold alike may be two postboxes, and the other one may be the asker's.
#[tokio::test]
async fn the_mail_goes_to_the_address_of_the_account_and_not_to_what_was_typed() {
    let app = TestApp::new().await;
    let body = json!({ "email": "file@example.com", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
    app.mails().await;
    app.anonymous().post(FORGOT, &json!({ "email": "\u{fb01}le@EXAMPLE.com" })).await.expect(202);
    assert_eq!(app.mails().await[0].to, "file@example.com");
}

#[tokio::test]
async fn a_proof_is_good_once() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    reset(&app, json!({ "token": mail.token() })).await.expect(204);
    for again in [json!({ "token": mail.token() }), by_code(&mail)] {
        reset(&app, again).await.problem(401, "auth.invalid_proof");
    }
    app.anonymous().sign_in("ada", NEW).await;
}

#[tokio::test]
async fn of_many_at_once_one_is_let_through() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    let body = json!({ "token": mail.token() });
    let all = futures_util::future::join_all((0..8).map(|_| reset(&app, body.clone()))).await;
    let through = all.iter().filter(|answer| answer.status == 204).count();
    assert_eq!(through, 1, "{all:?}");
    assert!(all.iter().all(|answer| [204, 401].contains(&answer.status.as_u16())));
}

#[tokio::test]
async fn forged_and_foreign_proofs_are_refused_alike_and_change_nothing() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    let other = TestApp::other().await;
    let foreign = forgotten(&other).await;
    app.user("eve").await;
    app.mails().await;
    let before = app.count("SELECT SUM(version) FROM accounts").await;
    let token = mail.token();
    let mut forged = token.clone().into_bytes();
    forged[40] = if forged[40] == b'A' { b'B' } else { b'A' };
    let table = [
        json!({ "token": String::from_utf8(forged).unwrap() }),
        json!({ "token": foreign.token() }),
        json!({ "token": &token[..40] }),
        json!({ "token": "x" }),
        json!({ "token": "Ä".repeat(100) }),
        json!({ "code": foreign.code(), "email": "ada@example.com" }),
        json!({ "code": mail.code(), "email": "eve@example.com" }),
        json!({ "code": mail.code(), "email": "nobody@example.com" }),
        json!({ "code": mail.code(), "email": "no address" }),
    ];
    let mut answers = Vec::new();
    for body in table {
        let answer = reset(&app, body).await.problem(401, "auth.invalid_proof");
        answers.push(answer.json["detail"].clone());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(app.count("SELECT SUM(version) FROM accounts").await, before);
    reset(&app, json!({ "token": token })).await.expect(204);
}

#[tokio::test]
async fn a_proof_is_good_for_an_hour_from_the_moment_its_mail_left() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    app.anonymous().post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    // The mail server is away for a day: that costs the proof nothing.
    app.advance(Duration::from_hours(24));
    let mail = app.mails().await.remove(0);
    app.advance(Duration::from_hours(1) - Duration::from_millis(1));
    let body = json!({ "token": mail.token(), "password": "short" });
    app.anonymous().post(RESET, &body).await.problem(422, "request.invalid");
    app.advance(Duration::from_millis(1));
    for late in [json!({ "token": mail.token() }), by_code(&mail)] {
        reset(&app, late).await.problem(401, "auth.invalid_proof");
    }
}

#[tokio::test]
async fn an_hour_less_a_moment_is_in_time() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    app.advance(Duration::from_hours(1) - Duration::from_millis(1));
    reset(&app, json!({ "token": mail.token() })).await.expect(204);
}

#[tokio::test]
async fn a_changed_password_or_address_and_a_newer_mail_make_a_proof_void() {
    let app = TestApp::new().await;
    let first = forgotten(&app).await;
    app.advance(Duration::from_mins(2));
    let second = ask(&app).await;
    for old in [json!({ "token": first.token() }), by_code(&first)] {
        reset(&app, old).await.problem(401, "auth.invalid_proof");
    }
    let ada = app.sign_in("ada").await;
    let body = json!({ "current_password": PASSWORD, "new_password": "yet another staple" });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    reset(&app, json!({ "token": second.token() })).await.problem(401, "auth.invalid_proof");
    app.mails().await;
    app.advance(Duration::from_mins(2));
    let third = ask(&app).await;
    app.execute("UPDATE accounts SET email = 'b@example.com', email_key = 'b@example.com'").await;
    reset(&app, json!({ "token": third.token() })).await.problem(401, "auth.invalid_proof");
}

#[tokio::test]
async fn a_mail_that_waits_is_dropped_when_its_purpose_lapses() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.mails().await;
    app.anonymous().post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    let subjects: Vec<_> = app.mails().await.iter().map(Arrived::subject).collect();
    assert_eq!(subjects, ["Your password was changed"]);
    assert!(states(&app).await.iter().any(|state| state.starts_with("dropped")));
}

#[tokio::test]
async fn five_wrong_codes_make_the_code_void_and_leave_the_link() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    for _ in 0..5 {
        let wrong = json!({ "code": "0000-0000", "email": "ada@example.com" });
        reset(&app, wrong).await.problem(401, "auth.invalid_proof");
    }
    reset(&app, by_code(&mail)).await.problem(401, "auth.invalid_proof");
    reset(&app, json!({ "token": mail.token() })).await.expect(204);
}

#[tokio::test]
async fn four_wrong_codes_do_not() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    for _ in 0..4 {
        let wrong = json!({ "code": "0000-0000", "email": "ada@example.com" });
        reset(&app, wrong).await.problem(401, "auth.invalid_proof");
    }
    let typed = mail.code().to_lowercase().replace('-', " ");
    reset(&app, json!({ "code": typed, "email": "ada@example.com" })).await.expect(204);
}

/// The same statements run for both, in one transaction that is committed for both; this shows that nothing else tells
/// them apart.
#[tokio::test]
async fn nobody_learns_from_forgot_who_has_an_account() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    let known = app.anonymous().post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    let unknown = app.anonymous().post(FORGOT, &json!({ "email": "eve@example.com" })).await.expect(202);
    assert_eq!((known.text, unknown.text), (String::new(), String::new()));
    let requested =
        app.audit_log().await.into_iter().filter(|event| event.kind == "password.reset_requested");
    assert_eq!(requested.map(|event| event.account.is_some()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(app.mails().await.len(), 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM mails WHERE recipient = 'eve@example.com'").await, 0);
}

#[tokio::test]
async fn a_postbox_is_not_filled_by_asking_again_and_again() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    for _ in 0..5 {
        app.anonymous().post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    }
    assert_eq!(app.mails().await, []);
    reset(&app, json!({ "token": mail.token() })).await.expect(204);
}

#[tokio::test]
async fn links_never_follow_what_a_request_says_of_its_host() {
    let app =
        TestApp::with(|config| config.server = server(&[("public_url", "https://id.example.org")])).await;
    app.user("ada").await;
    app.mails().await;
    let mut caller = app.anonymous();
    for header in
        ["host", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-original-host", "origin", "referer"]
    {
        caller = caller.header(header, "evil.example");
    }
    caller.post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    let mail = app.mails().await.remove(0);
    assert!(mail.text().contains("\nhttps://id.example.org/account/reset?token="), "{}", mail.text());
    assert!(!mail.message.contains("evil") && !mail.text().contains("evil") && !mail.html().contains("evil"));
}

#[tokio::test]
async fn without_a_known_address_of_the_server_flows_with_links_say_so() {
    let app = TestApp::with(|config| config.server.listen = "0.0.0.0:5000".parse().unwrap()).await;
    let ada = app.user("ada").await;
    let email = json!({ "email": "ada@example.com" });
    for path in [FORGOT, "/api/v1/auth/email/resend"] {
        app.anonymous().post(path, &email).await.problem(503, "mail.not_configured");
    }
    let body = json!({ "email": "b@example.com", "password": PASSWORD });
    ada.put("/api/v1/account/email", &body).await.problem(503, "mail.not_configured");
    let ready = app.anonymous().get("/readyz").await.expect(200);
    assert_eq!(ready.json["mail"]["wrong_settings"], json!(["server.public_url"]));
    queue(&app, portcullis::mail::Template::Welcome, "eve@example.com").await;
    assert_eq!(app.mails().await.len(), 2, "mails without links leave");
}

#[tokio::test]
async fn wrong_bodies_are_told_by_field() {
    let app = TestApp::new().await;
    for (path, body, fields) in [
        (FORGOT, json!({}), &["email: required"] as &[_]),
        (FORGOT, json!({ "email": "nope", "x": 1 }), &["email: malformed", "x: unknown_field"]),
        (RESET, json!({}), &["password: required", "token: required"]),
        (RESET, json!({ "token": "a", "code": "b", "password": NEW }), &["code: superfluous"]),
        (RESET, json!({ "code": "b", "password": NEW }), &["email: required"]),
        (RESET, json!({ "token": 5, "password": "short" }), &["password: too_short", "token: wrong_type"]),
        (RESET, json!({ "token": "a".repeat(201), "password": NEW }), &["token: too_long"]),
    ] {
        let answer = app.anonymous().post(path, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), fields, "{body}");
    }
}

#[tokio::test]
async fn mails_asked_for_from_one_address_are_limited() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.limits.mail = "2/h".parse().unwrap();
    })
    .await;
    for _ in 0..2 {
        app.anonymous().post(FORGOT, &json!({ "email": "ada@example.com" })).await.expect(202);
    }
    app.anonymous()
        .post(FORGOT, &json!({ "email": "ada@example.com" }))
        .await
        .problem(429, "limits.too_many_requests");
}
