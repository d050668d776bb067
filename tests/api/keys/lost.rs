//! A database that knows nothing of a running server's keys: nothing is signed and nobody let in.

use portcullis::security::KeyState;
use serde_json::json;

use super::in_state;
use crate::support::{PASSWORD, TestApp};

async fn execute(app: &TestApp, sql: &'static str) {
    app.app.db.write(move |writer| Ok(writer.execute(sql, &[])?)).await.unwrap();
}

#[tokio::test]
async fn nothing_is_signed_with_keys_that_the_database_does_not_know() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    execute(&app, "DELETE FROM key_sets").await;
    // Signing in finds out by itself, and from then on everybody is told.
    let login = json!({ "login": "ada", "password": PASSWORD });
    let refused = app.anonymous().post("/api/v1/auth/login", &login).await;
    refused.problem(503, "server.keys_unavailable");
    ada.get("/api/v1/account").await.problem(503, "server.keys_unavailable");
    app.anonymous().refresh(&ada.refresh_token).await.problem(503, "server.keys_unavailable");
    app.anonymous().get("/.well-known/jwks.json").await.problem(503, "server.keys_unavailable");
    app.anonymous().get("/readyz").await.expect(503);
    app.anonymous().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn a_sign_in_that_has_not_noticed_a_rotation_carries_the_new_key_all_the_same() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let next = in_state(&app, KeyState::Next).await;
    // Behind this server's back.
    execute(
        &app,
        "UPDATE key_sets SET state = 'previous', slot = NULL, retired_at = 1 WHERE state = 'current'",
    )
    .await;
    execute(&app, "UPDATE key_sets SET state = 'current', slot = 'current' WHERE state = 'next'").await;
    let refreshed = app.anonymous().refresh(&ada.refresh_token).await.expect(200);
    let bob = app.user("bob").await;
    for token in [refreshed.json["access_token"].as_str().unwrap(), &bob.access_token] {
        assert_eq!(super::kid_of(token), next.to_string());
    }
}
