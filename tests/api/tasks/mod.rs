//! Tasks through the public door.

mod access;
mod completion;
mod conditional;
mod cursors;
mod idempotency;
mod listing;
mod lost_updates;
mod searching;
mod validation;

use serde_json::json;

use crate::support::{Answer, TestApp};

/// The titles of a list, in order.
fn titles(list: &Answer) -> Vec<&str> {
    list.json["items"].as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_task_is_made_read_changed_and_deleted() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": " Engine " })).await.expect(201);
    let path = made.header("location").to_owned();
    assert_eq!(made.json["title"], "Engine");
    assert_eq!(ada.get(&path).await.expect(200).json, made.json);
    let done = ada.patch(&path, &json!({ "completed": true })).await.expect(200);
    assert_eq!(done.json["completed_at"], "2026-11-21T12:00:00.000Z");
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.problem(404, "task.not_found");
    app.anonymous().get(&path).await.problem(401, "auth.missing_token");
}

#[tokio::test]
async fn a_task_shows_all_its_fields_and_no_others() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let body = json!({
        "title": "Engine", "description": "a\n\tb", "completed": true, "due_at": "2026-12-01T10:00:00.5+02:00",
    });
    let made = ada.post("/api/v1/tasks", &body).await.expect(201);
    let now = "2026-11-21T12:00:00.000Z";
    let id = made.json["id"].as_str().unwrap();
    let wanted = json!({
        "id": id, "title": "Engine", "description": "a\n\tb", "completed": true, "due_at": "2026-12-01T08:00:00.500Z",
        "created_at": now, "updated_at": now, "completed_at": now,
    });
    assert_eq!(made.json, wanted);
    assert_eq!(made.header("location"), format!("/api/v1/tasks/{id}"));
}
