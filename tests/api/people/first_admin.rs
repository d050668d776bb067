//! The first administrator from the configuration.

use std::fs;
use std::path::PathBuf;

use portcullis::wiring;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{PASSWORD, TestApp};

/// A configuration that names an administrator, and the folder of its password file.
async fn app_with(email: &str, password: &str) -> (TestApp, TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, password).unwrap();
    let app = TestApp::with(|config| {
        config.bootstrap.admin_email = Some(email.to_owned());
        config.bootstrap.admin_password_file = Some(file.clone());
    })
    .await;
    (app, folder, file)
}

#[tokio::test]
async fn it_is_made_once_and_the_file_is_not_needed_afterwards() {
    let (app, _folder, file) = app_with("root@example.com", &format!("{PASSWORD}\n")).await;
    wiring::make_first_admin(&app.app).await.unwrap();
    let root = app.anonymous().sign_in("root@example.com", PASSWORD).await;
    root.get("/api/v1/users").await.expect(200);
    let created = app.audit_log().await.remove(0);
    assert_eq!((created.kind.as_str(), created.actor, created.ip), ("account.created", None, None));
    assert_eq!(created.detail, json!({ "by": "configuration", "role": "admin", "status": "active" }));
    fs::remove_file(file).unwrap();
    wiring::make_first_admin(&app.app).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
}

#[tokio::test]
async fn nothing_is_made_where_there_is_an_administrator_or_no_setting() {
    let (app, _folder, _) = app_with("root@example.com", PASSWORD).await;
    app.admin().await;
    app.execute("UPDATE accounts SET status = 'disabled'").await;
    wiring::make_first_admin(&app.app).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
    let app = TestApp::new().await;
    wiring::make_first_admin(&app.app).await.unwrap();
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_start_at_once_make_one() {
    let (app, _folder, _) = app_with("root@example.com", PASSWORD).await;
    let (one, other) = tokio::join!(wiring::make_first_admin(&app.app), wiring::make_first_admin(&app.app));
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
}

#[tokio::test]
async fn what_cannot_be_an_administrator_stops_the_start_with_the_settings_name() {
    for (email, password, words) in [
        ("root", PASSWORD, "bootstrap.admin_email"),
        ("root@example.com", "short", "bootstrap.admin_password_file"),
        ("root@example.com", "", "bootstrap.admin_password_file"),
        ("root@example.com", "password123", "bootstrap.admin_password_file"),
    ] {
        let (app, _folder, _) = app_with(email, password).await;
        let said = wiring::make_first_admin(&app.app).await.unwrap_err();
        assert!(said.contains(words) && (password.is_empty() || !said.contains(password)), "{said}");
        assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
    }
    let (app, _folder, file) = app_with("root@example.com", PASSWORD).await;
    fs::remove_file(&file).unwrap();
    let said = wiring::make_first_admin(&app.app).await.unwrap_err();
    assert!(
        said.contains("bootstrap.admin_password_file") && said.contains(file.to_str().unwrap()),
        "{said}"
    );
}

/// A stranger who registers with the address that the configuration names gets no power by it.
#[tokio::test]
async fn an_account_that_somebody_registered_is_not_promoted() {
    let (app, _folder, _) = app_with("ada@example.com", "another long enough password").await;
    let ada = app.user("ada").await;
    let said = wiring::make_first_admin(&app.app).await.unwrap_err();
    assert!(said.contains("bootstrap.admin_email"), "{said}");
    assert_eq!(ada.get("/api/v1/account").await.expect(200).json["role"], "user");
}
