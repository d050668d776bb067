//! Archives of a server that goes on serving: what is in them, where they go, and what keeps them from being made.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::Method;
use serde_json::{Value, json};

use super::caller::Caller;
use super::small_disk::SmallDisk;
use super::support::{Home, Server};
use crate::support::eventually;

const WRITERS: usize = 8;

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// A server's folder with one account and its tasks, and an archive of it.
pub fn archived(options: &[&str]) -> (Home, PathBuf) {
    let home = Home::with_file();
    let server = home.start(&[]);
    let ada = server.user("ada");
    for number in 0..20 {
        ada.try_task(&format!("task {number}")).unwrap().expect(201);
    }
    server.stop();
    let archive = home.path().join("archive");
    home.run(&[&["backup", text(&archive)], options].concat()).expect(0);
    (home, archive)
}

/// Creates until it is told to stop; every creation must succeed.
fn create_on(ada: &Caller, writer: usize, made: &Mutex<Vec<String>>, begun: &AtomicUsize, done: &AtomicBool) {
    // So long that the database is copied in several steps.
    let filler = "x".repeat(8000);
    for number in 0.. {
        if done.load(Ordering::Relaxed) {
            return;
        }
        let title = format!("{writer} {number}");
        let body = json!({ "title": title, "description": filler });
        begun.fetch_add(1, Ordering::Relaxed);
        ada.send(Method::POST, "/api/v1/tasks", &body).unwrap().expect(201);
        made.lock().unwrap().push(title);
    }
}

#[test]
fn a_backup_under_load_holds_all_that_was_acknowledged_before_and_stops_nobody() {
    let home = Home::with_file();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let archive = home.path().join("archive.tar.gz");
    let (made, begun, done) = (Mutex::new(Vec::new()), AtomicUsize::new(0), AtomicBool::new(false));
    let count = || made.lock().unwrap().len();
    let before: HashSet<String> = std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (ada, made, begun, done) = (ada.at(&server), &made, &begun, &done);
            scope.spawn(move || create_on(&ada, writer, made, begun, done));
        }
        eventually("hundreds are made", || count() > 300);
        let before: HashSet<_> = made.lock().unwrap().iter().cloned().collect();
        let finished = home.run(&["backup", text(&archive)]);
        let during = count() - before.len();
        done.store(true, Ordering::Relaxed);
        finished.expect(0);
        assert!(during > 0, "nothing was created while the backup was made");
        before
    });
    assert!(begun.load(Ordering::Relaxed) == count(), "an attempt got lost");
    server.stop();

    let other = Home::with_file();
    other.run(&["restore", text(&archive)]).expect(0);
    let restored = other.start(&[]);
    let there: HashSet<_> = restored.sign_in("ada").titles().into_iter().collect();
    assert!(before.is_subset(&there), "lost: {:?}", before.difference(&there).collect::<Vec<_>>());
    let attempted: HashSet<_> = made.into_inner().unwrap().into_iter().collect();
    assert!(there.is_subset(&attempted));
}

#[test]
fn an_archive_is_its_owners_alone_and_opens_with_standard_tools() {
    let (home, archive) = archived(&[]);
    assert_eq!(fs::metadata(&archive).unwrap().mode() & 0o777, 0o600);
    let members = std::process::Command::new("tar").arg("tzf").arg(&archive).output().unwrap();
    let members = String::from_utf8(members.stdout).unwrap();
    let members: Vec<_> = members.lines().collect();
    assert_eq!(members[..2], ["manifest.json", "database.db"], "{members:?}");
    assert!(
        members[2].starts_with("keys/") && members[3].starts_with("keys/") && members.len() == 4,
        "{members:?}"
    );
    let left = names(&home.data());
    assert!(!left.iter().any(|name| name.contains("scratch")), "{left:?}");
    let manifest =
        std::process::Command::new("tar").args(["xzOf", text(&archive), "manifest.json"]).output().unwrap();
    let manifest: Value = serde_json::from_slice(&manifest.stdout).unwrap();
    assert_eq!((&manifest["format"], &manifest["engine"]), (&Value::from(1), &Value::from("SQLite")));
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_folder_keeps_as_many_as_it_is_told() {
    let (home, _) = archived(&[]);
    let folder = home.path().join("archives");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    let mut made = Vec::new();
    for _ in 0..4 {
        home.run(&["backup", text(&folder), "--keep", "2"]).expect(0);
        made.extend(names(&folder).into_iter().filter(|name| name.starts_with("portcullis-")));
    }
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 4, "each has a name of its own: {made:?}");
    assert_eq!(names(&folder), ["notes.txt", &made[2], &made[3]]);
    home.run(&["backup", text(&folder.join("x")), "--keep", "2"])
        .fails(2, &["--keep goes with a folder that exists", "mkdir -m 700", "x"]);
}

#[test]
fn a_full_disk_leaves_no_half_archive() {
    let (home, _) = archived(&[]);
    let Some(disk) = SmallDisk::mount(home.path(), "4k") else { return };
    home.run(&["backup", text(&disk.0.join("archive"))]).fails(1, &["disk/archive", "No space left"]);
    assert_eq!(names(&disk.0), [""; 0]);
}

#[test]
fn a_backup_that_would_fill_the_servers_disk_is_not_begun() {
    let (home, _) = archived(&[]);
    let Some(disk) = SmallDisk::mount(home.path(), "8m") else { return };
    let data = disk.0.join("data");
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-a").arg(home.data()).arg(&data).status().unwrap().success());
    let target = home.path().join("never");
    let mut backup = home.command(&["backup", text(&target), "--data-dir", text(&data)]);
    let ended = backup.output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(1) && said.contains("Make room first."), "{said}");
    assert!(!target.exists());
}

#[test]
fn a_damaged_database_gives_no_archive_and_leaves_the_last_one_alone() {
    let (home, archive) = archived(&[]);
    let before = fs::read(&archive).unwrap();
    let mut bytes = fs::read(home.database()).unwrap();
    let last_page = bytes.len() - 4096;
    bytes[last_page..].fill(0xff);
    fs::write(home.database(), bytes).unwrap();
    home.run(&["backup", text(&archive)]).fails(1, &["The copy failed its check", "no archive was made"]);
    assert_eq!(fs::read(&archive).unwrap(), before);
    assert_eq!(names(home.path()), ["archive", "data", "stderr", "stdout"]);
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence() {
    let (home, archive) = archived(&[]);
    let before = fs::read(&archive).unwrap();
    let nowhere = home.path().join("nowhere/archive");
    home.run(&["backup", text(&nowhere)]).fails(1, &["nowhere/archive cannot be written", "No such file"]);
    let missing = home.path().join("none");
    home.run(&["backup", text(&archive), "--passphrase-file", text(&missing)])
        .fails(1, &["passphrase file", "none"]);
    home.run_with(&["backup", text(&archive), "--encrypt"], "\n").fails(1, &["passphrase is empty"]);
    home.run_with(&["backup", text(&archive), "--encrypt"], "elevenchars\n").fails(1, &["at least 12"]);
    let short = home.path().join("short");
    fs::write(&short, "x\n").unwrap();
    home.run(&["backup", text(&archive), "--passphrase-file", text(&short)])
        .fails(1, &["short", "at least 12"]);
    let setting = format!("backup.passphrase_file={}", text(&short));
    home.refused(&[&setting]).fails(2, &["backup.passphrase_file", "at least 12"]);
    fs::remove_file(&short).unwrap();
    let empty = Home::with_file();
    empty.run(&["backup", text(&archive)]).fails(1, &["There is no data folder", "data.dir"]);
    assert_eq!(fs::read(&archive).unwrap(), before, "the archive that is there was touched");
}

#[test]
fn the_server_makes_backups_by_itself_and_a_restart_makes_no_further_one() {
    let home = Home::with_file();
    let folder = home.path().join("archives");
    let passphrase = home.path().join("passphrase");
    fs::write(&passphrase, "open sesame, please\n").unwrap();
    let dir = format!("backup.dir={}", text(&folder));
    let file = format!("backup.passphrase_file={}", text(&passphrase));
    let settings = [dir.as_str(), file.as_str()];
    let good = |server: &Server| server.anonymous().get("/readyz").json["backup"]["last_good_at"].clone();
    let server = home.start(&settings);
    eventually("an archive is made", || good(&server).is_string());
    let first = good(&server);
    server.stop();
    let made = names(&folder);
    assert!(made.len() == 1 && made[0].ends_with(".tar.gz.age"), "{made:?}");
    let server = home.start(&settings);
    eventually("the archive is found", || good(&server) == first);
    server.stop();
    assert_eq!(names(&folder), made);
    let other = Home::with_file();
    other.run(&["restore", text(&folder.join(&made[0])), "--passphrase-file", text(&passphrase)]).expect(0);
}
