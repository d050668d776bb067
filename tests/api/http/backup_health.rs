//! Scheduled backups as `/readyz` tells of them.

use std::fs;
use std::time::Duration;

use portcullis::operations::{DataFolder, backup::schedule::Schedule};
use portcullis::wiring;
use serde_json::json;

use crate::support::TestApp;

fn schedule(app: &TestApp) -> Schedule {
    let config = &app.app.config;
    let database = wiring::backup_database(config, &DataFolder::open(&config.data.dir).unwrap()).unwrap();
    Schedule::new(app.app.clone(), database)
}

async fn told(app: &TestApp) -> serde_json::Value {
    app.anonymous().get("/readyz").await.expect(200).json["backup"].clone()
}

#[tokio::test]
async fn nothing_is_told_where_no_backups_are_configured() {
    let app = TestApp::new().await;
    schedule(&app).turn().await;
    assert_eq!(told(&app).await, serde_json::Value::Null);
}

#[tokio::test]
async fn the_age_of_the_last_good_backup_and_the_last_failure_are_told() {
    let archives = tempfile::tempdir().unwrap();
    let dir = archives.path().join("archives");
    let configured = dir.clone();
    let app = TestApp::with(move |config| {
        config.backup.dir = Some(configured);
        config.backup.keep = 2;
    })
    .await;
    let schedule = schedule(&app);
    let count = || fs::read_dir(&dir).unwrap().count();
    assert_eq!(
        told(&app).await,
        json!({ "last_good_at": null, "age_seconds": null, "last_failed_at": null })
    );
    schedule.turn().await;
    let noon = "2026-11-21T12:00:00.000Z";
    assert_eq!(told(&app).await, json!({ "last_good_at": noon, "age_seconds": 0, "last_failed_at": null }));

    // Not due yet; then due, and in the way of trouble.
    app.advance(Duration::from_hours(23));
    schedule.turn().await;
    assert_eq!(count(), 1);
    app.advance(Duration::from_hours(1));
    let lock = fs::File::create(app.app.config.data.dir.join("backup.lock")).unwrap();
    lock.lock().unwrap();
    schedule.turn().await;
    let failed = "2026-11-22T12:00:00.000Z";
    assert_eq!(
        told(&app).await,
        json!({ "last_good_at": noon, "age_seconds": 86400, "last_failed_at": failed })
    );

    // Not tried again at once, but long before a day has passed.
    drop(lock);
    schedule.turn().await;
    assert_eq!(count(), 1);
    app.advance(Duration::from_mins(5));
    schedule.turn().await;
    let good = "2026-11-22T12:05:00.000Z";
    assert_eq!(told(&app).await, json!({ "last_good_at": good, "age_seconds": 0, "last_failed_at": failed }));
    assert_eq!(count(), 2);
    app.advance(Duration::from_hours(24));
    schedule.turn().await;
    assert_eq!(count(), 2, "the oldest goes");
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_a_failure_and_no_reason_to_be_unready() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("a file");
    fs::write(&dir, "").unwrap();
    let app = TestApp::with(move |config| config.backup.dir = Some(dir)).await;
    schedule(&app).turn().await;
    assert_eq!(told(&app).await["last_failed_at"], "2026-11-21T12:00:00.000Z");
}
