//! Pictures over real connections, on real disks, and in archives.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::backup::text;
use super::caller::Caller;
use super::small_disk::SmallDisk;
use super::support::{Home, Server};
use crate::books::pictures;
use crate::support::{Answer, eventually};

fn book(ada: &Caller, title: &str) -> String {
    let made = ada.post("/api/v1/books", &json!({ "title": title, "category": "horror" })).expect(201);
    made.header("location").to_owned()
}

fn put(ada: &Caller, book: &str, picture: Vec<u8>) -> Answer {
    ada.send_bytes(Method::PUT, &format!("{book}/cover"), "image/png", picture).unwrap()
}

/// The paths of everything under a folder that is no folder, sorted.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn head(ada: &Caller, book: &str, length: usize) -> String {
    format!(
        "PUT {book}/cover HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: image/png\r\n\
         content-length: {length}\r\n\r\n",
        ada.access_token
    )
}

#[test]
fn a_body_that_stops_or_crawls_is_given_up_and_leaves_nothing() {
    let home = Home::new();
    let server = home.start(&["server.request_timeout=2s"]);
    let ada = server.user("ada");
    let book = book(&ada, "Dune");
    let picture = pictures::png(200, 200);
    // Half of it, and then nothing, with the line held open.
    let mut stream = server.connect();
    stream.write_all(head(&ada, &book, picture.len()).as_bytes()).unwrap();
    stream.write_all(&picture[..picture.len() / 2]).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).ok();
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("body.timeout"), "{said}");
    // One byte after the other.
    let mut stream = server.connect();
    stream.write_all(head(&ada, &book, picture.len()).as_bytes()).unwrap();
    for byte in picture.chunks(1).take(200) {
        if stream.write_all(byte).is_err() {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    let mut said = String::new();
    stream.read_to_string(&mut said).ok();
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408"), "{said}");
    // Half of it, and the line is cut.
    let mut stream = server.connect();
    stream.write_all(head(&ada, &book, picture.len()).as_bytes()).unwrap();
    stream.write_all(&picture[..picture.len() / 2]).unwrap();
    drop(stream);
    put(&ada, &book, picture).expect(200);
    let kept = files(&home.data().join("files"));
    assert_eq!(kept.len(), 2, "{kept:?}");
    server.stop();
}

#[test]
fn a_full_disk_is_told_and_room_heals() {
    let home = Home::with_file();
    let Some(disk) = SmallDisk::mount(home.path(), "16m") else { return };
    let data = disk.0.join("data");
    let server = Server::start(&home, &data, &[]);
    let ada = server.user("ada");
    let book = book(&ada, "Dune");
    put(&ada, &book, pictures::png(400, 300)).expect(200);
    let kept = files(&data.join("files"));
    disk.fill();
    let answer = put(&ada, &book, pictures::png(1000, 900));
    answer.problem(503, "storage.full");
    assert_eq!(files(&data.join("files")), kept);
    let whole = ada.get(&format!("{book}/cover")).expect(200);
    assert_eq!(pictures::size(&whole.bytes), (400, 300));
    disk.free();
    eventually("pictures are taken again", || put(&ada, &book, pictures::png(50, 40)).status == 200);
    server.stop();
}

#[test]
fn a_crash_between_object_and_row_is_found_and_put_right() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let (kept, lost) = (book(&ada, "Kept"), book(&ada, "Lost"));
    for book in [&kept, &lost] {
        put(&ada, book, pictures::png(60, 40)).expect(200);
    }
    home.run(&["files", "check"]).expect(0);
    let folder = home.data().join("files");
    let name = "originals/0123456789abcdef0123456789abcdef.png";
    fs::write(folder.join(name), "left by a crash").unwrap();
    // A young one may still get its row.
    home.run(&["files", "check"]).expect(0);
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365);
    fs::File::options().write(true).open(folder.join(name)).unwrap().set_modified(old).unwrap();
    let etag = ada.get(&format!("{lost}/cover")).expect(200).header("etag").trim_matches('"').to_owned();
    fs::remove_file(folder.join(format!("originals/{etag}.png"))).unwrap();
    let found = home.run(&["files", "check"]).expect(1);
    let id = lost.rsplit('/').next().unwrap();
    assert!(
        found.stdout.contains(name) && found.stdout.contains(&format!("book {id}: the cover is lost")),
        "{found:?}"
    );
    assert!(found.stderr.contains("2 things") && found.stderr.contains("--repair"), "{found:?}");
    home.run(&["files", "check", "--repair"]).expect(0);
    home.run(&["files", "check"]).expect(0);
    assert!(!folder.join(name).exists());
    assert!(ada.get(&lost).expect(200).json["cover"].is_null());
    ada.get(&format!("{kept}/cover")).expect(200);
    server.stop();
}

#[test]
fn archives_hold_the_pictures() {
    let home = Home::with_file();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let book = book(&ada, "Dune");
    put(&ada, &book, pictures::jpeg(400, 300)).expect(200);
    let cover = ada.get(&format!("{book}/cover")).expect(200);
    let archive = home.path().join("archive");
    home.run(&["backup", text(&archive)]).expect(0);
    server.stop();
    let other = Home::with_file();
    other.run(&["restore", text(&archive)]).expect(0);
    assert_eq!(files(&other.data().join("files")), files(&home.data().join("files")));
    other.run(&["files", "check"]).expect(0);
    let server = other.start(&[]);
    let restored = server.sign_in("ada").get(&format!("{book}/cover")).expect(200);
    assert_eq!(restored.bytes, cover.bytes);
    server.stop();
}
