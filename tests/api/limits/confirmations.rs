//! A stolen access token does not find out the password.

use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::{WRONG, app_with, from, log_in};
use crate::support::{Answer, PASSWORD, User};

const NEXT: &str = "another long enough password";

async fn change(user: &User, current: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": NEXT });
    user.put("/api/v1/account/password", &body).await
}

async fn delete(user: &User, password: &str) -> Answer {
    user.json(Method::DELETE, "/api/v1/account", &json!({ "password": password })).await
}

#[tokio::test]
async fn confirmations_share_one_budget_of_the_account() {
    let app = app_with(|_| {}).await;
    let (ada, elsewhere, grace) = (app.user("ada").await, app.sign_in("ada").await, app.user("grace").await);
    change(&ada, WRONG).await.problem(403, "account.wrong_password");
    delete(&ada, WRONG).await.problem(403, "account.wrong_password");
    change(&elsewhere, WRONG).await.problem(403, "account.wrong_password");
    delete(&elsewhere, WRONG).await.problem(403, "account.wrong_password");
    change(&ada, WRONG).await.problem(403, "account.wrong_password");
    for user in [&ada, &elsewhere] {
        let refused = change(user, PASSWORD).await.problem(429, "limits.too_many_attempts");
        assert_eq!(refused.header("retry-after"), "1");
        delete(user, PASSWORD).await.problem(429, "limits.too_many_attempts");
    }
    // Neither other accounts nor signing in are touched.
    change(&grace, PASSWORD).await.expect(204);
    log_in(&from(&app, "192.0.2.1"), "ada", PASSWORD).await.expect(200);
    app.advance(Duration::from_secs(1));
    change(&ada, PASSWORD).await.expect(204);
}

#[tokio::test]
async fn a_right_password_clears_the_account() {
    let app = app_with(|_| {}).await;
    let ada = app.user("ada").await;
    for _ in 0..4 {
        change(&ada, WRONG).await.expect(403);
    }
    let stale = ada.header("if-match", "\"0\"");
    let body = json!({ "password": PASSWORD });
    stale.json(Method::DELETE, "/api/v1/account", &body).await.problem(412, "precondition.failed");
    app.settle().await;
    for _ in 0..5 {
        change(&ada, WRONG).await.expect(403);
    }
    change(&ada, PASSWORD).await.expect(429);
}
