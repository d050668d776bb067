//! A fresh installation by the API alone: approval, three who register, and what becomes of them.

use std::time::Duration;

use portcullis::config::Registration;
use serde_json::json;

use super::{USERS, at, id_of, login, registered};
use crate::support::TestApp;

#[tokio::test]
async fn from_the_first_administrator_to_an_audit_log_of_every_step() {
    let app = TestApp::with(|config| config.accounts.registration = Registration::Approval).await;
    let admin = app.admin().await;
    let mut waiting = Vec::new();
    for name in ["ada", "bob", "eve"] {
        waiting.push(registered(&app, name).await);
        login(&app, name).await.problem(403, "account.pending");
    }
    let [ada, bob, eve] = <[String; 3]>::try_from(waiting).unwrap();
    let listed = admin.get(&format!("{USERS}?status=pending&total=true")).await.expect(200);
    assert_eq!(listed.json["total"], 3);
    for id in [&ada, &bob] {
        admin.post(&format!("{}/approve", at(id)), &json!({})).await.expect(200);
    }
    admin.post(&format!("{}/reject", at(&eve)), &json!({})).await.expect(200);
    login(&app, "eve").await.problem(403, "account.disabled");
    let (adas, bobs) = (app.sign_in("ada").await, app.sign_in("bob").await);
    adas.get("/api/v1/account").await.expect(200);

    let body = json!({ "reason": "calm down", "until": "2026-11-21T12:00:01Z" });
    admin.post(&format!("{}/disable", at(&ada)), &body).await.expect(200);
    adas.get("/api/v1/account").await.session_ended("disabled");
    login(&app, "ada").await.problem(403, "account.disabled");
    // Refusals are written behind their answers.
    app.settle().await;
    app.advance(Duration::from_secs(1));
    let adas = app.sign_in("ada").await;
    adas.get("/api/v1/account").await.expect(200);

    bobs.get(USERS).await.problem(403, "auth.forbidden");
    app.settle().await;
    admin.patch(&at(&bob), &json!({ "role": "approver" })).await.expect(200);
    bobs.get(USERS).await.expect(200);
    admin.patch(&at(&bob), &json!({ "role": "user" })).await.expect(200);
    bobs.get(USERS).await.problem(403, "auth.forbidden");
    app.settle().await;
    admin.delete(&format!("{}/sessions", at(&bob))).await.expect(204);
    bobs.get("/api/v1/account").await.session_ended("administrator");

    app.settle().await;
    let kinds = async |id: &str| {
        let log = admin.get(&format!("/api/v1/audit-events?limit=100&account={id}")).await.expect(200);
        let items = log.json["items"].as_array().unwrap().clone();
        let mut kinds: Vec<_> = items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect();
        kinds.reverse();
        kinds
    };
    let expected = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(kinds(&id_of(&admin)).await, expected("account.created session.started"));
    assert_eq!(
        kinds(&ada).await,
        expected(
            "account.created session.refused account.approved session.started account.disabled session.refused \
             session.started"
        )
    );
    assert_eq!(
        kinds(&bob).await,
        expected(
            "account.created session.refused account.approved session.started permission.refused role.changed \
             role.changed permission.refused session.ended"
        )
    );
    assert_eq!(
        kinds(&eve).await,
        expected("account.created session.refused account.rejected session.refused")
    );
}
