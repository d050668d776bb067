//! Deleting somebody's account.

use super::{NOBODY, at, id_of, login, noted};
use crate::support::TestApp;

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_sessions_and_rows() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    ada.task("Engine").await;
    let path = at(&id_of(&ada));
    admin.delete(&path).await.expect(204);
    ada.get("/api/v1/account").await.session_ended("deleted");
    login(&app, "ada").await.problem(401, "auth.invalid_credentials");
    for _ in 0..2 {
        admin.get(&path).await.problem(404, "account.not_found");
        admin.delete(&path).await.problem(404, "account.not_found");
        app.sweep().await;
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM tasks").await, 0);
    let deleted = app.audit_log().await.into_iter().find(|event| event.kind == "account.deleted").unwrap();
    assert_eq!(deleted.actor.unwrap().to_string(), id_of(&admin));
    assert_eq!(noted(&app, &id_of(&ada)).await.last().unwrap().0, "account.deleted");
    admin.delete(&at(NOBODY)).await.problem(404, "account.not_found");
}

#[tokio::test]
async fn a_deletion_of_a_stale_copy_is_refused() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    let stale = admin.get(&path).await.expect(200).header("etag").to_owned();
    ada.patch("/api/v1/account", &serde_json::json!({ "name": "Ada" })).await.expect(200);
    admin.header("if-match", &stale).delete(&path).await.problem(412, "precondition.failed");
    let fresh = admin.get(&path).await.expect(200).header("etag").to_owned();
    admin.header("if-match", &fresh).delete(&path).await.expect(204);
}
