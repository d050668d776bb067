//! Tokens of dialects are tokens of sessions: good at every door, and dead at every door when the session is.

use serde_json::{Value, json};

use super::speak;
use crate::support::{Anonymous, TestApp};

const PASSWORD: &str = "secret123";

async fn everywhere() -> TestApp {
    let places = [
        ("profile_api", "/profile_api"),
        ("task_manager", "/task_manager"),
        ("book_library", "/book_library"),
        ("form_login", "/form_login"),
        ("approval_gate", "/approval_gate"),
    ];
    TestApp::with(|config| speak(config, &places)).await
}

async fn ada(app: &TestApp) -> (String, String) {
    let body = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD });
    app.anonymous().post("/profile_api/api/register", &body).await.expect(201);
    sign_in(app).await
}

/// Access and refresh token of the task manager.
async fn sign_in(app: &TestApp) -> (String, String) {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = app.anonymous().post("/task_manager/auth/login", &body).await.expect(200);
    (answer.text_at("access_token"), answer.text_at("refresh_token"))
}

/// Each door with the status that a good token of a plain user gets there.
const DOORS: [(&str, u16); 6] = [
    ("/api/v1/account", 200),
    ("/profile_api/api/protected", 200),
    ("/task_manager/tasks/", 200),
    ("/book_library/books/", 200),
    ("/form_login/user", 200),
    ("/approval_gate/admin", 403),
];

fn with_token(app: &TestApp, token: &str) -> Anonymous {
    app.anonymous().header("authorization", &format!("Bearer {token}")).header("x-access-token", token)
}

async fn assert_dead(app: &TestApp, token: &str) {
    for (door, _) in DOORS {
        with_token(app, token).get(door).await.expect(401);
    }
}

#[tokio::test]
async fn one_account_and_one_token_for_all_doors() {
    let app = everywhere().await;
    let (token, _) = ada(&app).await;
    for (door, status) in DOORS {
        with_token(&app, &token).get(door).await.expect(status);
    }
    let task = json!({ "title": "Raise the gate" });
    with_token(&app, &token).post("/api/v1/tasks", &task).await.expect(201);
    let tasks = with_token(&app, &token).get("/task_manager/tasks/").await.expect(200);
    assert_eq!(tasks.json["tasks"][0]["title"], "Raise the gate");
    let listed = with_token(&app, &token).get("/api/v1/account/sessions").await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn signing_out_and_a_disabled_account_act_at_once_at_every_door() {
    let app = everywhere().await;
    let (token, refresh) = ada(&app).await;
    let body = json!({ "refresh_token": refresh });
    app.anonymous().post("/task_manager/auth/logout", &body).await.expect(200);
    assert_dead(&app, &token).await;
    let (token, _) = sign_in(&app).await;
    app.execute("UPDATE accounts SET status = 'disabled' WHERE email = 'ada@example.com'").await;
    assert_dead(&app, &token).await;
}

#[tokio::test]
async fn each_kind_of_refresh_token_is_refused_at_the_others_door() {
    let app = everywhere().await;
    let (token, fixed) = ada(&app).await;
    let rotating = app.anonymous().sign_in("ada@example.com", PASSWORD).await;
    let body = |token: &str| json!({ "refresh_token": token });
    app.anonymous().refresh(&fixed).await.problem(401, "auth.invalid_refresh_token");
    let caller = app.anonymous();
    caller.post("/api/v1/auth/logout", &body(&fixed)).await.problem(401, "auth.invalid_refresh_token");
    caller.post("/task_manager/auth/refresh", &body(&rotating.refresh_token)).await.expect(401);
    caller.post("/task_manager/auth/logout", &body(&rotating.refresh_token)).await.expect(400);
    with_token(&app, &token).get("/api/v1/account").await.expect(200);
    rotating.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn what_a_token_claims_for_its_clients_is_there_and_never_believed() {
    use base64::Engine;
    let app = everywhere().await;
    let (token, _) = ada(&app).await;
    let claims = |token: &str| -> Value {
        let part = token.split('.').nth(1).unwrap();
        let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    let listed = with_token(&app, &token).get("/task_manager/users/").await.expect(200);
    assert_eq!(claims(&token)["user_id"], listed.json["users"][0]["id"]);
    assert_eq!(claims(&token)["exp"].as_i64().unwrap() - claims(&token)["iat"].as_i64().unwrap(), 15 * 60);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let signed_in = app.anonymous().post("/profile_api/api/login", &body).await.expect(200);
    let of_profile = claims(signed_in.json["token"].as_str().unwrap());
    assert_eq!(of_profile["public_id"], of_profile["sub"]);
    app.admin().await;
    let body = json!({ "username": "admin", "password": crate::support::PASSWORD });
    let admin = app.anonymous().post("/approval_gate/login", &body).await.expect(200).text_at("access_token");
    assert_eq!(claims(&admin)["role"], "admin");
    with_token(&app, &admin).get("/approval_gate/admin").await.expect(200);
    app.person("other", portcullis::base::Role::Admin).await;
    app.execute("UPDATE accounts SET role = 'user' WHERE username = 'admin'").await;
    with_token(&app, &admin).get("/approval_gate/admin").await.expect(403);
    with_token(&app, &admin).get("/api/v1/users").await.problem(403, "auth.forbidden");
}

#[tokio::test]
async fn a_changed_address_is_unproven_and_noted() {
    let app = everywhere().await;
    let (token, _) = ada(&app).await;
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    let listed = with_token(&app, &token).get("/task_manager/users/").await.expect(200);
    let path = format!("/task_manager/users/{}", listed.json["users"][0]["id"]);
    let same = json!({ "email": "ada@EXAMPLE.com" });
    with_token(&app, &token).put(&path, &same).await.expect(200);
    let account = with_token(&app, &token).get("/api/v1/account").await.expect(200);
    assert_eq!(
        (account.json["email_verified"].as_bool(), account.text_at("email").as_str()),
        (Some(true), "ada@EXAMPLE.com")
    );
    with_token(&app, &token).put(&path, &json!({ "email": "king@example.com" })).await.expect(200);
    let account = with_token(&app, &token).get("/api/v1/account").await.expect(200);
    assert_eq!(account.json["email_verified"], false);
    let changes = app.audit_kinds().await.into_iter().filter(|kind| kind == "account.changed").count();
    assert_eq!(changes, 2);
}

#[tokio::test]
async fn the_last_administrator_cannot_leave_by_a_dialect() {
    let app = everywhere().await;
    let (token, _) = ada(&app).await;
    app.execute("UPDATE accounts SET role = 'admin' WHERE email = 'ada@example.com'").await;
    let listed = with_token(&app, &token).get("/task_manager/users/").await.expect(200);
    let path = format!("/task_manager/users/{}", listed.json["users"][0]["id"]);
    let refused = with_token(&app, &token).delete(&path).await.expect(409);
    assert!(refused.text_at("error").contains("administrator"));
}

#[tokio::test]
async fn an_administrator_sees_everybodys_tasks_and_changes_none() {
    let app = everywhere().await;
    let (token, _) = ada(&app).await;
    with_token(&app, &token).post("/api/v1/tasks", &json!({ "title": "Raise the gate" })).await.expect(201);
    let admin = app.admin().await.access_token;
    let listed = with_token(&app, &admin).get("/task_manager/tasks/").await.expect(200);
    let path = format!("/task_manager/tasks/{}", listed.json["tasks"][0]["id"]);
    with_token(&app, &admin).get(&path).await.expect(200);
    with_token(&app, &admin).put(&path, &json!({ "title": "x" })).await.expect(404);
    with_token(&app, &admin).delete(&path).await.expect(404);
    let everybody = with_token(&app, &admin).get("/form_login/user").await.expect(200);
    assert_eq!(everybody.json["users"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn everybody_is_listed_to_everybody_where_the_operator_wants_it() {
    let settings = [("form_login", "/"), ("form_login_list_users", "all")];
    let app = TestApp::with(|config| speak(config, &settings)).await;
    let ada = app.user("ada").await;
    app.user("bob").await;
    let listed = app.anonymous().header("x-access-token", &ada.access_token).get("/user").await.expect(200);
    assert_eq!(listed.json["users"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_needs_no_password_needs_a_session_that_lives_when_it_is_done() {
    use portcullis::base::{Authenticator, Origin};
    use portcullis::resources::accounts::unproven;
    use portcullis::resources::sessions::SessionAuthenticator;
    let app = everywhere().await;
    let (thief, _) = ada(&app).await;
    let actor = SessionAuthenticator::new(app.app.clone()).authenticate(&thief).await.unwrap();
    // The owner throws the thief out while the thief's request is under way.
    let (owner, _) = sign_in(&app).await;
    let id = with_token(&app, &owner).get("/api/v1/account").await.expect(200).json["id"].clone();
    let change = json!({ "current_password": PASSWORD, "new_password": "correct horse battery" });
    let changed = with_token(&app, &owner).header("content-type", "application/json");
    changed.send(axum::http::Method::PUT, "/api/v1/account/password", change.to_string()).await.expect(204);
    let origin = || Origin { address: "192.0.2.7".parse().unwrap(), user_agent: String::new() };
    let stolen = unproven::UnprovenChange::read(None, None, Some("stolen456".to_owned().into())).unwrap();
    let refused = unproven::update(&app.app, actor, stolen, origin()).await.unwrap_err();
    assert_eq!(refused.code().name, "auth.session_ended");
    let refused = unproven::delete(&app.app, actor, origin()).await.unwrap_err();
    assert_eq!(refused.code().name, "auth.session_ended");
    let still = with_token(&app, &owner).get("/api/v1/account").await.expect(200);
    assert_eq!(still.json["id"], id);
}

#[tokio::test]
async fn until_its_address_is_proven_an_account_signs_in_as_with_a_wrong_password() {
    let app = TestApp::with(|config| {
        speak(
            config,
            &[
                ("profile_api", "/profile_api"),
                ("task_manager", "/task_manager"),
                ("book_library", "/book_library"),
            ],
        );
        config.accounts.email_verification = portcullis::config::EmailVerification::Required;
    })
    .await;
    let caller = app.anonymous();
    let password = "Abc@12345";
    let doors = [
        ("/profile_api/api/register", "/profile_api/api/login", 401, 200),
        ("/task_manager/auth/register", "/task_manager/auth/login", 401, 200),
        ("/book_library/users/", "/book_library/users/login", 404, 200),
    ];
    let mut people = Vec::new();
    for (number, (register, login, ..)) in doors.into_iter().enumerate() {
        let email = format!("ada{number}@example.com");
        let body = json!({
            "name": "Ada King", "username": "ada", "email": email, "password": password, "confirm_password": password,
        });
        caller.post(register, &body).await.expect(201);
        // Whether an address is taken is told as ever.
        let again = caller.post(register, &body).await.status.as_u16();
        assert!(matches!(again, 400 | 409 | 422), "{register}: {again}");
        let right = json!({ "email": email, "password": password });
        let wrong = json!({ "email": email, "password": "Xyz@98765" });
        let (right_answer, wrong_answer) =
            (caller.post(login, &right).await, caller.post(login, &wrong).await);
        assert_eq!((right_answer.status, &right_answer.json), (wrong_answer.status, &wrong_answer.json));
        people.push(right);
    }
    app.execute("UPDATE accounts SET email_verified_at = 1").await;
    for ((_, login, refused, good), right) in doors.into_iter().zip(people) {
        let wrong = json!({ "email": right["email"], "password": "Xyz@98765" });
        caller.post(login, &wrong).await.expect(refused);
        caller.post(login, &right).await.expect(good);
    }
}
