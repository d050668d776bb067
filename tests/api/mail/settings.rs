//! Wrong mail settings stop nothing but mails.

use portcullis::mail::{Setup, Template};
use serde_json::json;

use super::{queue, states};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_wrong_server_keeps_mails_waiting_and_lets_people_in() {
    let app = TestApp::with(|config| {
        config.mail.smtp_host = Some("mail.example.org".into());
        config.mail.smtp_tls = portcullis::config::SmtpTls::None;
    })
    .await;
    let mut surroundings = app.surroundings();
    surroundings.transport = Some(Setup::read(&app.app.config, None).transport);
    let app = app.rebuilt(surroundings, |_| {}).await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
    app.sign_in("ada").await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    app.mails().await;
    let state = states(&app).await.remove(0);
    assert!(
        state.starts_with("queued 1 mail.smtp_tls is none and mail.smtp_host is mail.example.org"),
        "{state}"
    );
}
