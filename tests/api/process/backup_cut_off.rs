//! Backups and restores that end before their time: killed, told to stop, or with something wrong behind their back.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::backup::{archived, names, text};
use super::support::Home;
use crate::support::eventually;

/// A data folder that takes a while to pack, and an archive of it as it was before.
fn heavy() -> (Home, PathBuf) {
    let (home, archive) = archived(&[]);
    let mut filling = File::open("/dev/urandom").unwrap().take(32 * 1024 * 1024);
    let mut key = File::create(home.data().join("keys/filling.json")).unwrap();
    std::io::copy(&mut filling, &mut key).unwrap();
    (home, archive)
}

/// A backup that has written a part of its archive into `folder`.
fn begin(home: &Home, target: &Path, folder: &Path) -> Child {
    let mut command = home.command(&["backup", text(target), "--data-dir", text(&home.data())]);
    let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let is_begun = |name: &String| {
        name.ends_with(".unfinished")
            && fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 1 << 20)
    };
    eventually("the archive is begun", || names(folder).iter().any(is_begun));
    child
}

/// The half archive beside the one that it would become.
fn half(target: &Path) -> PathBuf {
    target.with_file_name(format!("{}.unfinished", target.file_name().unwrap().to_str().unwrap()))
}

#[test]
fn a_killed_backup_leaves_the_last_archive_and_the_next_one_clears_up() {
    let (home, archive) = heavy();
    let before = fs::read(&archive).unwrap();
    let mut child = begin(&home, &archive, home.path());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(half(&archive).exists(), "it was done before it was killed");
    assert_eq!(fs::read(&archive).unwrap(), before);
    Home::with_file()
        .run(&["restore", text(&half(&archive))])
        .fails(1, &["cannot be restored", "damaged or cut short"]);

    home.run(&["backup", text(&archive)]).expect(0);
    assert!(!half(&archive).exists());
    assert!(!home.data().join("backup.scratch").exists());
    assert_ne!(fs::read(&archive).unwrap(), before);
}

#[test]
fn a_killed_backup_leaves_no_archive_in_a_folder_and_the_next_one_clears_up() {
    let (home, _) = heavy();
    let folder = home.path().join("archives");
    fs::create_dir(&folder).unwrap();
    let mut child = begin(&home, &folder, &folder);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = names(&folder);
    assert!(left.len() == 1 && left[0].ends_with(".unfinished"), "{left:?}");
    home.run(&["backup", text(&folder)]).expect(0);
    let left = names(&folder);
    assert!(left.len() == 1 && left[0].ends_with(".tar.gz"), "{left:?}");
}

#[test]
fn a_backup_that_is_told_to_stop_tidies_up() {
    let (home, archive) = heavy();
    let before = fs::read(&archive).unwrap();
    for signal in [Signal::TERM, Signal::INT] {
        let child = begin(&home, &archive, home.path());
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.code() == Some(1) && said.contains("called off"), "{said}");
        assert!(!half(&archive).exists() && !home.data().join("backup.scratch").exists());
        assert_eq!(fs::read(&archive).unwrap(), before);
    }
}

#[test]
fn an_archive_that_is_damaged_while_it_is_written_fails_its_check_and_goes() {
    use std::os::unix::fs::FileExt;

    let (home, archive) = heavy();
    let before = fs::read(&archive).unwrap();
    let child = begin(&home, &archive, home.path());
    // As a bad disk would: some bytes that were written long ago read otherwise.
    let disk = File::options().write(true).open(half(&archive)).unwrap();
    disk.write_all_at(&[0x55; 64], 1 << 19).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.code() == Some(1), "{said}");
    assert!(said.contains("The archive failed its check and was thrown away."), "{said}");
    assert!(!half(&archive).exists() && fs::read(&archive).unwrap() == before);
}

#[test]
fn a_killed_restore_leaves_the_old_and_can_be_begun_again() {
    let (from, archive) = heavy();
    from.run(&["backup", text(&archive)]).expect(0);
    let home = Home::with_file();
    let server = home.start(&[]);
    server.user("bob").try_task("bob's own").unwrap().expect(201);
    server.stop();
    let unpacked = home.data().join("restoring/keys/filling.json");
    let mut command = home.command(&["restore", text(&archive), "--force", "--data-dir", text(&home.data())]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the keys are being unpacked", || unpacked.exists());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(unpacked.exists(), "it was done before it was killed");
    let server = home.start(&[]);
    assert_eq!(server.sign_in("bob").titles(), ["bob's own"]);
    server.stop();

    home.run(&["restore", text(&archive), "--force"]).expect(0);
    let left = names(&home.data());
    assert!(
        !left.iter().any(|name| name == "restoring" || name == "restored" || name == "placing"),
        "{left:?}"
    );
    fs::remove_file(home.data().join("keys/filling.json")).unwrap();
    assert_eq!(home.start(&[]).sign_in("ada").titles().len(), 20);
}
