//! Two clients at once: nobody overwrites what he has not seen.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn of_two_changes_of_one_version_one_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let (left, right) = (app.sign_in("ada").await, app.sign_in("ada").await);
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let (path, tag) = (made.header("location"), made.header("etag"));
    for round in 0..20 {
        let tag = ada.get(path).await.expect(200).header("etag").to_owned();
        let (left, right) = (left.header("if-match", &tag), right.header("if-match", &tag));
        let (title, description) = (format!("left {round}"), format!("right {round}"));
        let (one, other) = (json!({ "title": title }), json!({ "description": description }));
        let (one, other) = tokio::join!(left.patch(path, &one), right.patch(path, &other));
        let (kept, lost) = if one.status == 200 { (one, other) } else { (other, one) };
        lost.problem(412, "precondition.failed");
        assert_eq!(ada.get(path).await.expect(200).json, kept.expect(200).json);
    }
    ada.header("if-match", tag).delete(path).await.problem(412, "precondition.failed");
}

#[tokio::test]
async fn changes_without_a_tag_all_happen_and_none_is_half_written() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    let (title, description) = (json!({ "title": "Mill" }), json!({ "description": "of brass" }));
    let (one, other) = tokio::join!(ada.patch(&path, &title), ada.patch(&path, &description));
    let (one, other) = (one.expect(200), other.expect(200));
    assert_ne!(one.header("etag"), other.header("etag"));
    let task = ada.get(&path).await.expect(200).json;
    assert_eq!((&task["title"], &task["description"]), (&json!("Mill"), &json!("of brass")));
}

#[tokio::test]
async fn a_task_is_deleted_once() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    let (one, other) = tokio::join!(ada.delete(&path), ada.delete(&path));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404]);
}
