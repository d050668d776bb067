//! Key files: written before the database hears of a set, and gone with what they were for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use portcullis::operations::keys;
use portcullis::security::{KeyId, KeyState};

use super::in_state;
use crate::support::TestApp;

fn file(app: &TestApp, id: KeyId) -> PathBuf {
    app.app.config.data.dir.join(format!("keys/{id}.json"))
}

#[tokio::test]
async fn every_set_in_force_has_a_file_for_its_owner_alone() {
    let app = TestApp::new().await;
    let rotated = keys::rotate(&app.app).await.unwrap();
    for id in [rotated.current, rotated.previous, rotated.next] {
        assert_eq!(fs::metadata(file(&app, id)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(app.app.config.data.dir.join("keys")).unwrap().count(), 3);
}

#[tokio::test]
async fn a_revoked_set_has_no_file_and_a_restored_one_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let current = in_state(&app, KeyState::Current).await;
    let kept = fs::read(file(&app, current)).unwrap();
    keys::revoke(&app.app, current).await.unwrap();
    assert!(!file(&app, current).exists());
    fs::write(file(&app, current), kept).unwrap();
    let app = app.restart().await;
    assert!(!file(&app, current).exists(), "it is removed again");
    ada.at(&app).get("/api/v1/account").await.problem(401, "auth.invalid_token");
    assert!(app.app.keys.find(current).is_none());
}

#[tokio::test]
async fn a_file_without_a_row_does_no_harm_and_is_not_believed() {
    let (app, other) = (TestApp::new().await, TestApp::other().await);
    let eve = other.user("eve").await;
    let strange = in_state(&other, KeyState::Current).await;
    fs::copy(file(&other, strange), file(&app, strange)).unwrap();
    let app = app.restart().await;
    assert!(app.app.keys.find(strange).is_none());
    eve.at(&app).get("/api/v1/account").await.problem(401, "auth.invalid_token");
    app.user("ada").await.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_lost_next_set_keeps_no_server_from_starting_and_can_be_replaced() {
    let app = TestApp::new().await;
    let next = in_state(&app, KeyState::Next).await;
    fs::remove_file(file(&app, next)).unwrap();
    let app = app.restart().await;
    let why = keys::rotate(&app.app).await.unwrap_err();
    assert!(why.contains(&format!("key revoke {next}")), "{why}");
    keys::revoke(&app.app, next).await.unwrap();
    app.anonymous().get("/readyz").await.expect(200);
    keys::rotate(&app.app).await.unwrap();
    app.user("ada").await.get("/api/v1/account").await.expect(200);
}
