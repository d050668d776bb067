//! `completed_at`: set when a task becomes completed, kept while it stays so, cleared when it is reopened.

use std::time::Duration;

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn completion_is_dated_once_and_forgotten_on_reopening() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    let steps = [
        (json!({ "completed": false }), json!([false, null, "2026-11-21T12:01:00.000Z"])),
        (json!({ "completed": true }), json!([true, "2026-11-21T12:02:00.000Z", "2026-11-21T12:02:00.000Z"])),
        (json!({ "completed": true }), json!([true, "2026-11-21T12:02:00.000Z", "2026-11-21T12:03:00.000Z"])),
        (json!({ "title": "Mill" }), json!([true, "2026-11-21T12:02:00.000Z", "2026-11-21T12:04:00.000Z"])),
        (json!({ "completed": false }), json!([false, null, "2026-11-21T12:05:00.000Z"])),
        (json!({ "completed": true }), json!([true, "2026-11-21T12:06:00.000Z", "2026-11-21T12:06:00.000Z"])),
    ];
    for (change, wanted) in steps {
        app.advance(Duration::from_mins(1));
        let task = ada.patch(&path, &change).await.expect(200).json;
        assert_eq!(json!([task["completed"], task["completed_at"], task["updated_at"]]), wanted, "{change}");
        assert_eq!(task["created_at"], "2026-11-21T12:00:00.000Z");
    }
}

#[tokio::test]
async fn a_task_may_be_born_completed() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine", "completed": true })).await.expect(201);
    assert_eq!(made.json["completed_at"], made.json["created_at"]);
}
