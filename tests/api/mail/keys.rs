//! Proofs hang on the server's keys: rotating leaves them good, revoking voids them at once.

use portcullis::operations::keys;
use portcullis::security::KeyState;
use serde_json::json;

use crate::keys::in_state;
use crate::support::{Answer, Arrived, TestApp};

const NEW: &str = "another battery staple";

async fn forget(app: &TestApp) {
    let email = json!({ "email": "ada@example.com" });
    app.anonymous().post("/api/v1/auth/password/forgot", &email).await.expect(202);
}

async fn forgotten(app: &TestApp) -> Arrived {
    app.user("ada").await;
    app.mails().await;
    forget(app).await;
    app.mails().await.remove(0)
}

async fn revoke(app: &TestApp) {
    let current = in_state(app, KeyState::Current).await;
    keys::revoke(&app.app, current).await.unwrap();
}

async fn reset(app: &TestApp, by: (&str, String)) -> Answer {
    let mut body = json!({ "password": NEW });
    body[by.0] = json!(by.1);
    if by.0 == "code" {
        body["email"] = json!("ada@example.com");
    }
    app.anonymous().post("/api/v1/auth/password/reset", &body).await
}

#[tokio::test]
async fn a_proof_outlives_a_rotation() {
    for by_link in [true, false] {
        let app = TestApp::new().await;
        let mail = forgotten(&app).await;
        keys::rotate(&app.app).await.unwrap();
        let by = if by_link { ("token", mail.token()) } else { ("code", mail.code()) };
        reset(&app, by).await.expect(204);
    }
}

#[tokio::test]
async fn a_proof_by_a_revoked_set_is_void() {
    let app = TestApp::new().await;
    let mail = forgotten(&app).await;
    revoke(&app).await;
    for by in [("token", mail.token()), ("code", mail.code())] {
        reset(&app, by).await.problem(401, "auth.invalid_proof");
    }
}

#[tokio::test]
async fn a_mail_that_leaves_after_a_revocation_has_a_proof_that_is_good() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    forget(&app).await;
    revoke(&app).await;
    let mail = app.mails().await.remove(0);
    reset(&app, ("token", mail.token())).await.expect(204);
}
