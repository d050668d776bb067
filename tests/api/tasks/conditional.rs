//! `ETag`, `If-None-Match`, `If-Match` on one task (RFC 9110, section 13).

use axum::http::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_tag_names_one_version_of_a_task() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let path = made.header("location");
    let first = made.header("etag");
    assert!(first.starts_with('"') && first.ends_with('"') && first.len() > 2, "{first}");
    assert_eq!(ada.get(path).await.expect(200).header("etag"), first);
    let changed = ada.patch(path, &json!({ "title": "Mill" })).await.expect(200);
    assert_ne!(changed.header("etag"), first);
    assert_eq!(ada.get(path).await.expect(200).header("etag"), changed.header("etag"));
}

#[tokio::test]
async fn what_the_caller_has_already_is_not_sent_again() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let (path, tag) = (made.header("location"), made.header("etag"));
    let known = [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        format!("\"x\",W/{tag},\"y\""),
        "*".into(),
    ];
    for list in known {
        let answer = ada.header("if-none-match", &list).get(path).await.expect(304);
        assert_eq!((answer.text.as_str(), answer.header("etag")), ("", tag), "{list}");
    }
    for list in ["", "\"x\"", tag.trim_matches('"'), "W/\"x\"", "x, y"] {
        ada.header("if-none-match", list).get(path).await.expect(200);
    }
    ada.patch(path, &json!({ "title": "Mill" })).await.expect(200);
    ada.header("if-none-match", tag).get(path).await.expect(200);
}

#[tokio::test]
async fn two_lines_of_tags_are_one_list() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let (path, tag) = (made.header("location"), made.header("etag"));
    ada.header("if-none-match", "\"x\"").header("if-none-match", tag).get(path).await.expect(304);
    let caller = ada.header("if-match", "\"x\"").header("if-match", tag);
    caller.patch(path, &json!({ "title": "Mill" })).await.expect(200);
}

#[tokio::test]
async fn a_change_or_deletion_of_a_stale_version_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let (path, old) = (made.header("location"), made.header("etag"));
    let tag = ada.patch(path, &json!({ "title": "Mill" })).await.expect(200).header("etag").to_owned();
    let bare = tag.trim_matches('"');
    // A weak tag never matches here: If-Match compares strongly. And a number written otherwise is another tag.
    let weak = format!("W/{tag}");
    let others = [format!("\"+{bare}\""), format!("\"0{bare}\""), format!("\" {bare}\"")];
    let [plus, zero, blank] = &others;
    for list in [old, &weak, "\"x\"", bare, "", "\"\"", plus, zero, blank, "\"x\", \"y\""] {
        for method in [Method::PATCH, Method::DELETE] {
            let caller = ada.header("if-match", list);
            caller.json(method, path, &json!({ "title": "Lost" })).await.problem(412, "precondition.failed");
        }
    }
    let now = ada.get(path).await.expect(200);
    assert_eq!((now.json["title"].as_str(), now.header("etag")), (Some("Mill"), tag.as_str()));
}

#[tokio::test]
async fn the_right_tag_a_list_with_it_or_a_star_lets_a_change_through() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    let path = made.header("location");
    let mut tag = made.header("etag").to_owned();
    for list in ["TAG", "\"x\", TAG", "TAG , W/\"x\"", "*", " * "] {
        let caller = ada.header("if-match", &list.replace("TAG", &tag));
        tag = caller.patch(path, &json!({ "title": list })).await.expect(200).header("etag").to_owned();
    }
    ada.header("if-match", &tag).delete(path).await.expect(204);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_whatever_the_tag() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    ada.delete(&path).await.expect(204);
    for tag in ["*", "\"1\""] {
        ada.header("if-match", tag).delete(&path).await.problem(404, "task.not_found");
        ada.header("if-match", tag)
            .patch(&path, &json!({ "title": "Mill" }))
            .await
            .problem(404, "task.not_found");
        ada.header("if-none-match", tag).get(&path).await.problem(404, "task.not_found");
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_none() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made = ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201);
    app.advance(std::time::Duration::from_secs(5));
    let same = ada.patch(made.header("location"), &json!({})).await.expect(200);
    assert_eq!((same.header("etag"), &same.json), (made.header("etag"), &made.json));
    let stale = ada.header("if-match", "\"99\"").patch(made.header("location"), &json!({})).await;
    stale.problem(412, "precondition.failed");
}
