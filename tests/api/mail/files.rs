//! Without an SMTP server mails become files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use portcullis::mail::{Setup, Template};

use super::{queue, states};
use crate::support::TestApp;

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// With the way out that the settings name instead of the test's own.
async fn app_with_files(folder: Option<&Path>) -> TestApp {
    let app = TestApp::with(|config| config.mail.folder = folder.map(ToOwned::to_owned)).await;
    let transport = Setup::read(&app.app.config, None).transport;
    let mut surroundings = app.surroundings();
    surroundings.transport = Some(transport);
    app.rebuilt(surroundings, |_| {}).await
}

#[tokio::test]
async fn a_file_for_each_mail_that_only_its_owner_can_read() {
    let app = app_with_files(None).await;
    let id = queue(&app, Template::Welcome, "ada@example.com").await;
    app.mails().await;
    assert_eq!(states(&app).await, ["sent 1 -"]);
    let folder = app.app.config.data.dir.join("mail");
    let name = format!("2026-11-21T120000.000Z-{id}.eml");
    assert_eq!(files(&folder), [name.as_str()]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(&name))), (0o700, 0o600));
    let message = fs::read_to_string(folder.join(&name)).unwrap();
    assert!(message.contains(&format!("Message-ID: <{id}@localhost>\r\n")), "{message}");
    let answer = app.app.mail.trial("ada@example.com", Arc::new(|_| {})).await.unwrap();
    assert!(answer.starts_with("written to "), "{answer}");
    assert_eq!(files(&folder).len(), 2);
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_keeps_mails_waiting() {
    let app = app_with_files(Some(Path::new("/proc/nothing"))).await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    app.mails().await;
    let state = states(&app).await.remove(0);
    assert!(state.starts_with("queued 1 the folder /proc/nothing (mail.folder) cannot be used"), "{state}");
}
