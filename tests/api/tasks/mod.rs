//! Tasks through the public door.

use serde_json::json;

use crate::support::TestApp;

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
