//! Archives put back: what a restored server knows, what an archive must be like, and what is never overwritten.

use std::fs;
use std::path::Path;

use super::backup::{archived, names};
use super::support::Home;

/// What is in a data folder besides the locks that any command may leave.
fn data(home: &Home) -> Vec<String> {
    names(&home.data()).into_iter().filter(|name| !is_lock(name)).collect()
}

pub fn is_lock(name: &str) -> bool {
    matches!(name, "server.lock" | "backup.lock")
}

fn restore(home: &Home, archive: &Path, options: &[&str]) -> super::support::Finished {
    home.run(&[&["restore", archive.to_str().unwrap()], options].concat())
}

#[test]
fn everybody_signs_in_again_and_no_spent_token_is_good_once_more() {
    let home = Home::with_file();
    let server = home.start(&[]);
    let ada = server.user("ada");
    ada.try_task("before").unwrap().expect(201);
    let archive = home.path().join("archive");
    home.run(&["backup", archive.to_str().unwrap()]).expect(0);
    // Spent after the backup: in the archive it is still the current token.
    let later = ada.with_tokens(&ada.refresh().expect(200));
    later.try_task("after").unwrap().expect(201);
    server.stop();

    let other = Home::with_file();
    let told = restore(&other, &archive, &[]).expect(0).stdout;
    assert!(told.contains("Sessions ended: 1."), "{told}");
    let server = other.start(&[]);
    for caller in [ada.at(&server), later.at(&server)] {
        for answer in [caller.refresh(), caller.get("/api/v1/account")] {
            let answer = answer.problem(401, "auth.session_ended");
            assert!(answer.text.contains("restored"), "{answer:?}");
        }
    }
    assert_eq!(server.sign_in("ada").titles(), ["before"]);
}

#[test]
fn an_encrypted_archive_opens_with_its_passphrase_only() {
    let home = Home::with_file();
    let passphrase = home.path().join("passphrase");
    fs::write(&passphrase, "open sesame, please\n").unwrap();
    let (_from, archive) = archived(&["--passphrase-file", passphrase.to_str().unwrap()]);
    assert!(fs::read(&archive).unwrap().starts_with(b"age-encryption.org/v1\n"));
    let command = ["restore", archive.to_str().unwrap()];
    home.run_with(&command, "open sesame, pleas\n")
        .fails(1, &["The passphrase does not open it", "Nothing was changed"]);
    assert_eq!(data(&home), [""; 0]);
    home.run_with(&command, "open sesame, please\n").expect(0);
    assert_eq!(home.start(&[]).sign_in("ada").titles().len(), 20);
}

/// Puts back each of these as if it were an archive, and sees it refused and nothing left behind.
fn assert_refused(home: &Home, options: &[&str], archives: &[Vec<u8>]) {
    let damaged = home.path().join("damaged");
    for bytes in archives {
        fs::write(&damaged, bytes).unwrap();
        restore(home, &damaged, options).fails(1, &["cannot be restored", "Nothing was changed"]);
    }
    assert_eq!(data(home), [""; 0]);
}

fn flipped(whole: &[u8], at: usize) -> Vec<u8> {
    let mut flipped = whole.to_vec();
    flipped[at] ^= 4;
    flipped
}

#[test]
fn an_archive_that_was_cut_short_or_changed_is_refused() {
    let (_from, archive) = archived(&[]);
    let whole = fs::read(&archive).unwrap();
    let home = Home::with_file();
    let cut = (0..12).map(|part| whole[..(whole.len() - 1) * part / 11].to_vec());
    // Within compressed zeros a changed bit may mean the same zeros; in the checksums at the end it never does.
    let changed = (1..=8).map(|from_end| flipped(&whole, whole.len() - from_end));
    let others = [b"no archive at all".to_vec(), [whole.as_slice(), b"x"].concat()];
    let all: Vec<_> = cut.chain(changed).chain(others).collect();
    assert_refused(&home, &[], &all);
    restore(&home, &archive, &[]).expect(0);
}

#[test]
fn an_encrypted_archive_that_was_cut_short_or_changed_is_refused() {
    let home = Home::with_file();
    let passphrase = home.path().join("passphrase");
    fs::write(&passphrase, "open sesame, please\n").unwrap();
    let options = ["--passphrase-file", passphrase.to_str().unwrap()];
    let (_from, archive) = archived(&options);
    let whole = fs::read(&archive).unwrap();
    let middle = whole.len() / 2;
    let all = [
        whole[..middle].to_vec(),
        flipped(&whole, 100),
        flipped(&whole, middle),
        flipped(&whole, whole.len() - 1),
    ];
    assert_refused(&home, &options, &all);
    restore(&home, &archive, &options).expect(0);
}

#[test]
fn a_place_that_is_not_empty_is_left_alone_unless_forced() {
    let (_from, archive) = archived(&[]);
    let home = Home::with_file();
    let server = home.start(&[]);
    server.user("bob").try_task("bob's own").unwrap().expect(201);
    restore(&home, &archive, &["--force"]).fails(1, &["A Portcullis server is running", "Stop it first"]);
    server.kill();
    restore(&home, &archive, &[]).fails(1, &["is not empty", "keys, portcullis.db", "--force"]);
    assert_eq!(home.start(&[]).sign_in("bob").titles(), ["bob's own"]);

    restore(&home, &archive, &["--force"]).expect(0);
    let server = home.start(&[]);
    assert_eq!(server.sign_in("ada").titles().len(), 20);
    server.stop();
    restore(&home, &archive, &["--force"]).fails(1, &["before-restore", "earlier restore"]);
    // What was moved aside is whole: it can be served again.
    let before = Home::with_file();
    fs::rename(home.data().join("before-restore"), before.data()).unwrap();
    assert_eq!(before.start(&[]).sign_in("bob").titles(), ["bob's own"]);
}

#[test]
fn an_archive_of_another_kind_of_server_is_refused() {
    let (_from, archive) = archived(&[]);
    let home = Home::with_file();
    let elsewhere = format!("database.url=sqlite:{}/other.db", home.path().display());
    restore(&home, &archive, &["--set", &elsewhere])
        .fails(1, &["is not in the data folder", "--set database.url"]);
    let network = "database.url=postgres://ada:s3cret@127.0.0.1/gate";
    restore(&home, &archive, &["--set", network]).fails(1, &["SQLite", "database.url names PostgreSQL"]);
    assert_eq!(data(&home), [""; 0]);
}

#[test]
fn with_a_database_server_the_archive_holds_the_keys_and_the_commands_for_the_rest_are_told() {
    let (from, archive) = archived(&[]);
    let network = ["--set", "database.url=mysql://ada:s3cret@127.0.0.1:3307/gate"];
    let made = from.run(&[&["backup", archive.to_str().unwrap()], &network[..]].concat()).expect(0);
    assert!(made.stderr.contains("mariadb-dump --single-transaction"), "{made:?}");
    assert!(!made.stderr.contains("s3cret"), "{made:?}");
    let home = Home::with_file();
    let restored = restore(&home, &archive, &network).expect(0);
    assert!(restored.stdout.contains("end_reason = 'restored'"), "{restored:?}");
    assert_eq!(data(&home), ["keys"]);
    assert_eq!(names(&home.data().join("keys")), names(&from.data().join("keys")));
}
