//! `GET /api/v1/mails` and what `/readyz` says.

use std::time::Duration;

use portcullis::mail::{Fault, Refusal, Template};
use serde_json::{Value, json};

use super::queue;
use crate::support::TestApp;

#[tokio::test]
async fn administrators_see_who_was_mailed_and_never_what() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let admin = app.admin().await;
    app.mails().await;
    app.advance(Duration::from_secs(1));
    app.post.refuse(Some(Refusal { fault: Fault::Never, words: "550 no such user".into() }));
    let id = queue(&app, Template::Welcome, "nobody@example.com").await;
    app.mails().await;

    app.anonymous().get("/api/v1/mails").await.problem(401, "auth.missing_token");
    ada.get("/api/v1/mails").await.problem(403, "auth.forbidden");
    let answer = admin.get("/api/v1/mails?total=true").await.expect(200);
    assert_eq!(answer.json["total"], 2);
    let newest = &answer.json["items"][0];
    assert_eq!(
        *newest,
        json!({
            "id": id.to_string(), "template": "welcome", "recipient": "nobody@example.com", "account": null,
            "state": "failed", "attempts": 1, "last_error": "550 no such user",
            "created_at": "2026-11-21T12:00:01.000Z", "next_attempt_at": null,
            "finished_at": "2026-11-21T12:00:01.000Z",
        })
    );
    let oldest = &answer.json["items"][1];
    assert_eq!((&oldest["state"], &oldest["account"]), (&json!("sent"), &ada.account["id"]));
    assert!(!answer.text.contains("variables"));
}

#[tokio::test]
async fn the_list_can_be_narrowed_and_paged() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let admin = app.admin().await;
    app.mails().await;
    for number in 0..3 {
        queue(&app, Template::Welcome, &format!("a{number}@example.com")).await;
    }
    let recipients = |answer: &Value| -> Vec<String> {
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|item| item["recipient"].as_str().unwrap().to_owned()).collect()
    };
    let queued = admin.get("/api/v1/mails?state=queued&limit=2").await.expect(200).json;
    assert_eq!(recipients(&queued), ["a2@example.com", "a1@example.com"]);
    let cursor = queued["next_cursor"].as_str().unwrap();
    let rest =
        admin.get(&format!("/api/v1/mails?state=queued&limit=2&cursor={cursor}")).await.expect(200).json;
    assert_eq!(recipients(&rest), ["a0@example.com"]);
    admin.get(&format!("/api/v1/mails?limit=2&cursor={cursor}")).await.problem(422, "cursor.invalid");
    let hers = format!("/api/v1/mails?account={}", ada.account["id"].as_str().unwrap());
    assert_eq!(recipients(&admin.get(&hers).await.expect(200).json), ["ada@example.com"]);
    let answer = admin.get("/api/v1/mails?state=lost&account=me&x=1").await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["account: malformed", "state: unknown_value", "x: unknown_field"]);
}

#[tokio::test]
async fn readiness_names_wrong_settings_and_a_blocked_way_and_is_ready_all_the_same() {
    let app = TestApp::with(|config| {
        config.mail.from = Some("nobody".into());
        config.mail.colour = "red".into();
    })
    .await;
    let mail = || async { app.anonymous().get("/readyz").await.expect(200).json["mail"].clone() };
    let wrong = json!(["mail.colour", "mail.from"]);
    assert_eq!(mail().await, json!({ "wrong_settings": wrong, "failing_since": null }));
    app.post.refuse(Some(Refusal::way("connection refused by mail.internal")));
    app.user("ada").await;
    app.mails().await;
    let since = json!("2026-11-21T12:00:00.000Z");
    assert_eq!(mail().await, json!({ "wrong_settings": wrong, "failing_since": since }));
}
