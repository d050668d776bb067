//! Changing one's password.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, User};

const PATH: &str = "/api/v1/account/password";
const NEXT: &str = "another long enough password";

async fn change(user: &User, current: &str, new: &str) -> Answer {
    user.put(PATH, &json!({ "current_password": current, "new_password": new })).await
}

#[tokio::test]
async fn every_other_session_ends_at_once_and_this_one_goes_on() {
    let app = TestApp::new().await;
    let (here, there, bystander) = (app.user("ada").await, app.sign_in("ada").await, app.user("grace").await);
    for user in [&here, &there] {
        user.get("/api/v1/account").await.expect(200);
    }
    change(&here, PASSWORD, NEXT).await.expect(204);
    there.get("/api/v1/account").await.session_ended("password_changed");
    app.anonymous().refresh(&there.refresh_token).await.session_ended("password_changed");
    here.get("/api/v1/account").await.expect(200);
    let next = here.with_tokens(&app.anonymous().refresh(&here.refresh_token).await.expect(200));
    next.get("/api/v1/account").await.expect(200);
    bystander.get("/api/v1/account").await.expect(200);
    let app = app.restart().await;
    app.anonymous().refresh(&there.refresh_token).await.session_ended("password_changed");
    app.anonymous().refresh(&next.refresh_token).await.expect(200);
}

#[tokio::test]
async fn only_the_new_password_signs_in() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    change(&user, PASSWORD, NEXT).await.expect(204);
    let old =
        app.anonymous().post("/api/v1/auth/login", &json!({ "login": "ada", "password": PASSWORD })).await;
    old.problem(401, "auth.invalid_credentials");
    app.anonymous().sign_in("ada", NEXT).await;
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let app = TestApp::new().await;
    let (user, elsewhere) = (app.user("ada").await, app.sign_in("ada").await);
    change(&user, "wrong password", NEXT).await.problem(403, "account.wrong_password");
    elsewhere.get("/api/v1/account").await.expect(200);
    app.sign_in("ada").await;
}

#[tokio::test]
async fn the_new_password_is_held_to_the_rules_of_registration() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let before = app.rows().await;
    let long = "x".repeat(257);
    let table: Vec<(Value, &[&str])> = vec![
        (json!({}), &["current_password: required", "new_password: required"]),
        (
            json!({ "current_password": 1, "new_password": null }),
            &["current_password: wrong_type", "new_password: required"],
        ),
        (json!({ "current_password": PASSWORD, "new_password": "short" }), &["new_password: too_short"]),
        (json!({ "current_password": PASSWORD, "new_password": long }), &["new_password: too_long"]),
        (json!({ "current_password": PASSWORD, "new_password": "password" }), &["new_password: too_common"]),
        (
            json!({ "current_password": PASSWORD, "new_password": NEXT, "login": "eve" }),
            &["login: unknown_field"],
        ),
    ];
    for (body, fields) in table {
        assert_eq!(user.put(PATH, &body).await.problem(422, "request.invalid").fields(), fields, "{body}");
    }
    assert_eq!(app.rows().await, before);
}

#[tokio::test]
async fn a_change_of_a_stale_copy_is_refused() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let stale = user.get("/api/v1/account").await.expect(200).header("etag").to_owned();
    let fresh =
        user.patch("/api/v1/account", &json!({ "name": "Ada" })).await.expect(200).header("etag").to_owned();
    let body = json!({ "current_password": PASSWORD, "new_password": NEXT });
    user.header("if-match", &stale).put(PATH, &body).await.problem(412, "precondition.failed");
    app.sign_in("ada").await;
    user.header("if-match", &fresh).put(PATH, &body).await.expect(204);
}
