//! Who may do what: nobody, the owner, another account, an administrator.

use axum::http::Method;
use serde_json::json;

use crate::support::TestApp;
use crate::tasks::titles;

const UNKNOWN: &str = "/api/v1/tasks/019a0000-0000-7000-8000-000000000000";

#[tokio::test]
async fn every_call_wants_a_token() {
    let app = TestApp::new().await;
    let path = format!("/api/v1/tasks/{}", app.user("ada").await.task("Engine").await);
    let calls = [
        (Method::GET, "/api/v1/tasks"),
        (Method::POST, "/api/v1/tasks"),
        (Method::GET, &path),
        (Method::PATCH, &path),
        (Method::DELETE, &path),
        (Method::GET, UNKNOWN),
    ];
    for (method, path) in calls {
        app.anonymous()
            .json(method, path, &json!({ "title": "Mine now" }))
            .await
            .problem(401, "auth.missing_token");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM tasks WHERE title = 'Engine'").await, 1);
}

#[tokio::test]
async fn another_accounts_task_looks_like_one_that_never_was() {
    let app = TestApp::new().await;
    let (ada, bob, admin) = (app.user("ada").await, app.user("bob").await, app.admin().await);
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    for stranger in [&bob, &admin] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let theirs = stranger.json(method.clone(), &path, &json!({ "title": "Mine now" })).await;
            let nobodys = stranger.json(method, UNKNOWN, &json!({ "title": "Mine now" })).await;
            let [theirs, nobodys] = [theirs, nobodys].map(|answer| answer.problem(404, "task.not_found"));
            assert_eq!(theirs.json["detail"], nobodys.json["detail"]);
        }
        assert_eq!(titles(&stranger.get("/api/v1/tasks").await.expect(200)), [""; 0]);
    }
    assert_eq!(ada.get(&path).await.expect(200).json["title"], "Engine");
}

#[tokio::test]
async fn an_id_that_is_none_of_ours_is_not_found() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for id in ["1", "x", "019a0000", "%20", "%2e%2e", "019a0000-0000-7000-8000-00000000000g"] {
        ada.get(&format!("/api/v1/tasks/{id}")).await.problem(404, "task.not_found");
    }
    ada.get("/api/v1/tasks/%ff").await.problem(404, "route.not_found");
}

#[tokio::test]
async fn an_administrator_may_list_another_accounts_tasks() {
    let app = TestApp::new().await;
    let (ada, admin) = (app.user("ada").await, app.admin().await);
    ada.task("Engine").await;
    admin.task("Own").await;
    let owner = ada.account["id"].as_str().unwrap();
    let list = admin.get(&format!("/api/v1/tasks?owner={owner}&total=true")).await.expect(200);
    assert_eq!((titles(&list), list.json["total"].as_i64()), (vec!["Engine"], Some(1)));
    let unknown = "/api/v1/tasks?owner=019a0000-0000-7000-8000-000000000000&total=true";
    assert_eq!(
        admin.get(unknown).await.expect(200).json,
        json!({ "items": [], "next_cursor": null, "total": 0 })
    );
    let malformed = admin.get("/api/v1/tasks?owner=ada").await.problem(422, "request.invalid");
    assert_eq!(malformed.fields(), ["owner: malformed"]);
}

#[tokio::test]
async fn a_user_may_name_only_itself_as_owner() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    ada.task("Engine").await;
    let path = |owner: &str| format!("/api/v1/tasks?owner={owner}");
    let adas = path(ada.account["id"].as_str().unwrap());
    assert_eq!(titles(&ada.get(&adas).await.expect(200)), ["Engine"]);
    bob.get(&adas).await.problem(403, "auth.forbidden");
    bob.get(&path("019a0000-0000-7000-8000-000000000000")).await.problem(403, "auth.forbidden");
}
