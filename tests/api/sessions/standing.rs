//! An account that is not in good standing: its sessions do not outlive the change.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const DISABLE: &str = "UPDATE accounts SET status = 'disabled'";
const SUSPEND: &str = "UPDATE accounts SET status = 'pending'";

#[tokio::test]
async fn the_sessions_of_an_account_that_is_not_active_are_dead_at_once() {
    for (change, reason) in [(DISABLE, "disabled"), (SUSPEND, "disabled")] {
        let app = TestApp::new().await;
        let user = app.user("ada").await;
        user.get("/api/v1/account").await.expect(200);
        app.execute(change).await;
        user.get("/api/v1/account").await.session_ended(reason);
        app.anonymous().refresh(&user.refresh_token).await.session_ended(reason);
    }
}

#[tokio::test]
async fn only_the_right_password_learns_why_an_account_cannot_sign_in() {
    for (change, code) in [(DISABLE, "account.disabled"), (SUSPEND, "account.pending")] {
        let app = TestApp::new().await;
        app.user("ada").await;
        app.execute(change).await;
        let before = app.count("SELECT COUNT(*) FROM sessions").await;
        let login = |password: &str| json!({ "login": "ada", "password": password });
        let caller = app.anonymous();
        caller.post("/api/v1/auth/login", &login(PASSWORD)).await.problem(403, code);
        caller
            .post("/api/v1/auth/login", &login("wrong password"))
            .await
            .problem(401, "auth.invalid_credentials");
        assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, before);
    }
}

#[tokio::test]
async fn a_role_is_read_from_the_account_and_not_from_the_token() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    assert_eq!(user.get("/api/v1/account").await.expect(200).json["role"], "user");
    app.execute("UPDATE accounts SET role = 'admin'").await;
    assert_eq!(user.get("/api/v1/account").await.expect(200).json["role"], "admin");
}
