//! Leaving.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, User};

const PATH: &str = "/api/v1/account";

async fn delete(user: &User, password: &str) -> Answer {
    user.json(Method::DELETE, PATH, &json!({ "password": password })).await
}

#[tokio::test]
async fn a_deleted_account_is_out_at_once_and_its_names_are_free() {
    let app = TestApp::new().await;
    let (here, there, bystander) = (app.user("ada").await, app.sign_in("ada").await, app.user("grace").await);
    there.get(PATH).await.expect(200);
    delete(&here, PASSWORD).await.expect(204);
    for user in [&here, &there] {
        user.get(PATH).await.session_ended("deleted");
        app.anonymous().refresh(&user.refresh_token).await.session_ended("deleted");
    }
    for login in ["ada", "ada@example.com"] {
        let answer = app
            .anonymous()
            .post("/api/v1/auth/login", &json!({ "login": login, "password": PASSWORD }))
            .await;
        answer.problem(401, "auth.invalid_credentials");
    }
    let again = app.user("ada").await;
    assert_ne!(again.account["id"], here.account["id"]);
    bystander.get(PATH).await.expect(200);
}

#[tokio::test]
async fn what_the_account_owned_goes_with_the_next_sweep_and_nothing_else() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    ada.header("idempotency-key", "once")
        .post("/api/v1/tasks", &json!({ "title": "Engine" }))
        .await
        .expect(201);
    ada.task("Notes").await;
    let kept = grace.task("Compiler").await;
    delete(&ada, PASSWORD).await.expect(204);
    let again = app.user("ada").await;
    assert_eq!(again.get("/api/v1/tasks").await.expect(200).json["items"], json!([]));
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM tasks").await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM idempotency_keys").await, 0);
    grace.get(&format!("/api/v1/tasks/{kept}")).await.expect(200);
    again.get(PATH).await.expect(200);
    ada.get(PATH).await.problem(401, "auth.invalid_token");
}

#[tokio::test]
async fn a_wrong_password_deletes_nothing() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    delete(&user, "wrong password").await.problem(403, "account.wrong_password");
    user.get(PATH).await.expect(200);
    let table: [(Value, &str); 3] = [
        (json!({}), "password: required"),
        (json!({ "password": 1 }), "password: wrong_type"),
        (json!({ "password": PASSWORD, "account": "grace" }), "account: unknown_field"),
    ];
    for (body, field) in table {
        let answer = user.json(Method::DELETE, PATH, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), [field]);
    }
    user.delete(PATH).await.problem(415, "body.unsupported_media_type");
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_deletion_of_a_stale_copy_is_refused() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let stale = user.get(PATH).await.expect(200).header("etag").to_owned();
    let fresh = user.patch(PATH, &json!({ "name": "Ada" })).await.expect(200).header("etag").to_owned();
    let body = json!({ "password": PASSWORD });
    user.header("if-match", &stale)
        .json(Method::DELETE, PATH, &body)
        .await
        .problem(412, "precondition.failed");
    user.get(PATH).await.expect(200);
    user.header("if-match", &fresh).json(Method::DELETE, PATH, &body).await.expect(204);
}

#[tokio::test]
async fn the_last_active_administrator_stays() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    delete(&admin, PASSWORD).await.problem(409, "account.last_admin");
    admin.get(PATH).await.expect(200);
    app.execute("UPDATE accounts SET role = 'admin', status = 'disabled' WHERE username = 'ada'").await;
    delete(&admin, PASSWORD).await.problem(409, "account.last_admin");
    app.execute("UPDATE accounts SET status = 'active' WHERE username = 'ada'").await;
    delete(&admin, PASSWORD).await.expect(204);
    delete(&ada, PASSWORD).await.problem(409, "account.last_admin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_leave_at_once_one_stays() {
    let app = TestApp::new().await;
    let (first, second) = (app.admin().await, app.user("ada").await);
    app.execute("UPDATE accounts SET role = 'admin'").await;
    let (first, second) = tokio::join!(delete(&first, PASSWORD), delete(&second, PASSWORD));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}
