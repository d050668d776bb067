//! Archives that somebody wrote by hand: nothing in them reaches beyond what a backup holds.

use std::fs;
use std::io::Cursor;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tar::{EntryType, Header};

use super::backup::{archived, names};
use super::restore::is_lock;
use super::support::Home;

/// SHA-256 of `evil`.
const SUM: &str = "b5c1fb2efc6d6b4674c2fdcc48ce01b43a3b7c03763c0c3355de0099ee0f8c73";

/// A tar file; each entry under exactly its name, whatever that is.
fn archive(entries: &[(EntryType, &str, &str, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, name, link, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o6777);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        tar.append(&header, Cursor::new(content)).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn manifest(name: &str) -> Vec<u8> {
    let member = json!({ "name": name, "size": 4, "sha256": SUM });
    let manifest = json!({
        "format": 1, "version": env!("CARGO_PKG_VERSION"), "engine": "MariaDB", "schema_step": null,
        "created_at": "2026-11-21T12:00:00Z", "members": [member],
    });
    manifest.to_string().into_bytes()
}

/// Restores it beside a file called `evil`, and sees that file and the data folder as they were.
fn assert_refused(name: &str, bytes: &[u8], words: &str) {
    let home = Home::with_file();
    let file = home.path().join("forged");
    fs::write(&file, bytes).unwrap();
    fs::write(home.path().join("evil"), "good").unwrap();
    let network = ["--set", "database.url=mysql://ada@127.0.0.1/gate"];
    let command = [&["restore", file.to_str().unwrap()], network.as_slice()].concat();
    home.run(&command).fails(1, &["cannot be restored", words, "Nothing was changed"]);
    assert_eq!(fs::read_to_string(home.path().join("evil")).unwrap(), "good", "{name}");
    assert_eq!(names(home.path()), ["data", "evil", "forged"], "{name}");
    assert!(names(&home.data()).iter().all(|left| is_lock(left)), "{name}");
}

#[test]
fn no_name_leads_out_of_the_folder_or_into_its_machinery() {
    let outside = std::env::temp_dir().join("portcullis-evil");
    for name in
        ["../evil", "keys/../../evil", outside.to_str().unwrap(), "server.lock", "restored/portcullis.db"]
    {
        let bytes = archive(&[
            (EntryType::Regular, "manifest.json", "", manifest(name)),
            (EntryType::Regular, name, "", b"evil".to_vec()),
        ]);
        assert_refused(name, &bytes, "does not belong into a data folder");
    }
    assert!(!outside.exists());
}

#[test]
fn no_link_leads_out_of_the_folder() {
    for (kind, name, link) in [
        (EntryType::Symlink, "keys", ".."),
        (EntryType::Symlink, "keys/evil", "../evil"),
        (EntryType::Link, "keys/evil", "/etc/passwd"),
    ] {
        let bytes = archive(&[
            (EntryType::Regular, "manifest.json", "", manifest("keys/evil")),
            (kind, name, link, Vec::new()),
            (EntryType::Regular, "keys/evil", "", b"evil".to_vec()),
        ]);
        assert_refused(name, &bytes, "keys/evil is not where it belongs");
    }
}

#[test]
fn the_same_forger_is_believed_when_all_is_as_it_should_be_and_his_file_modes_are_not() {
    let home = Home::with_file();
    let file = home.path().join("forged");
    let bytes = archive(&[
        (EntryType::Regular, "manifest.json", "", manifest("keys/evil")),
        (EntryType::Regular, "keys/evil", "", b"evil".to_vec()),
    ]);
    fs::write(&file, bytes).unwrap();
    let network = "database.url=mysql://ada@127.0.0.1/gate";
    home.run(&["restore", file.to_str().unwrap(), "--set", network]).expect(0);
    assert_eq!(modes(&home), [(0o700, "data"), (0o700, "data/keys"), (0o600, "data/keys/evil")].map(owned));
}

#[test]
fn what_is_restored_is_its_owners_alone() {
    let (_from, archive) = archived(&[]);
    let home = Home::with_file();
    home.run(&["restore", archive.to_str().unwrap()]).expect(0);
    let modes = modes(&home);
    assert!(modes.contains(&owned((0o600, "data/portcullis.db"))), "{modes:?}");
    for (mode, name) in modes {
        let wanted = if home.path().join(&name).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{name}: {mode:o}");
    }
}

fn owned((mode, name): (u32, &str)) -> (u32, String) {
    (mode, name.to_owned())
}

/// Mode and name of everything in the data folder but locks, and of the folder itself; sorted by name.
fn modes(home: &Home) -> Vec<(u32, String)> {
    use std::os::unix::fs::MetadataExt;

    let mut found = Vec::new();
    let mut folders = vec!["data".to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names(&home.path().join(&folder)).iter().filter(|name| !is_lock(name)) {
            let name = format!("{folder}/{name}");
            let state = fs::symlink_metadata(home.path().join(&name)).unwrap();
            if state.is_dir() {
                folders.push(name);
            } else {
                found.push((state.mode() & 0o7777, name));
            }
        }
        found.push((fs::metadata(home.path().join(&folder)).unwrap().mode() & 0o7777, folder));
    }
    found.sort_by(|a, b| a.1.cmp(&b.1));
    found
}
