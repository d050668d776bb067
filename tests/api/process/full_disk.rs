//! A full disk: writing stops with a clear word, reading goes on, and room alone heals it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::Method;
use serde_json::json;

use super::caller::Caller;
use super::small_disk::SmallDisk;
use super::support::{Home, Server};
use crate::support::eventually;

/// Room for the database, and little more.
const SIZE: &str = "16m";
const WRITERS: usize = 8;

/// What the writers were told.
#[derive(Default)]
struct Told {
    made: Mutex<Vec<String>>,
    refused: Mutex<Vec<String>>,
    full: AtomicUsize,
    done: AtomicBool,
}

impl Told {
    fn write_on(&self, ada: &Caller, writer: usize) {
        let filler = "x".repeat(4000);
        for number in 0.. {
            if self.done.load(Ordering::Relaxed) {
                return;
            }
            let title = format!("{writer} {number}");
            let body = json!({ "title": title, "description": filler });
            let answer = ada.send(Method::POST, "/api/v1/tasks", &body).unwrap();
            if answer.status == 201 {
                self.made.lock().unwrap().push(title);
                continue;
            }
            let code =
                if answer.json["code"] == "database.full" { "database.full" } else { "database.unavailable" };
            let answer = answer.problem(503, code);
            assert!(!answer.text.to_lowercase().contains("sqlite"), "{answer:?}");
            self.full.fetch_add(usize::from(code == "database.full"), Ordering::Relaxed);
            self.refused.lock().unwrap().push(title);
        }
    }

    fn count_made(&self) -> usize {
        self.made.lock().unwrap().len()
    }

    #[track_caller]
    fn holds(&self, ada: &Caller) {
        let there: HashSet<_> = ada.titles().into_iter().collect();
        let lost: Vec<_> =
            self.made.lock().unwrap().iter().filter(|title| !there.contains(*title)).cloned().collect();
        assert!(lost.is_empty(), "acknowledged with 201 and not there: {lost:?}");
        let kept: Vec<_> =
            self.refused.lock().unwrap().iter().filter(|title| there.contains(*title)).cloned().collect();
        assert!(kept.is_empty(), "refused with 503 and there: {kept:?}");
    }
}

#[test]
fn writing_stops_reading_goes_on_and_room_heals() {
    let home = Home::with_file();
    let Some(disk) = SmallDisk::mount(home.path(), SIZE) else { return };
    let data = disk.0.join("data");
    let server = Server::start(&home, &data, &[]);
    let ada = server.user("ada");
    let unseen = server.sign_in("ada");
    let told = Told::default();
    std::thread::scope(|scope| {
        let stop = StopOnDrop(&told.done);
        for writer in 0..WRITERS {
            let (ada, told) = (ada.at(&server), &told);
            scope.spawn(move || told.write_on(&ada, writer));
        }
        for _ in 0..2 {
            let before = told.count_made();
            eventually("tasks are made", || told.count_made() > before);
            let full = told.full.load(Ordering::Relaxed);
            disk.fill();
            eventually("the disk is told to be full", || told.full.load(Ordering::Relaxed) > full + 20);
            // Also for a session that is not in memory yet, and for many items.
            unseen.get("/api/v1/account").expect(200);
            ada.get("/api/v1/tasks?limit=100").expect(200);
            server.anonymous().get("/healthz").expect(200);
            disk.free();
            let before = told.count_made();
            eventually("writing resumes by itself", || told.count_made() > before + 5);
        }
        drop(stop);
    });
    told.holds(&ada);
    server.kill();
    let server = Server::start(&home, &data, &[]);
    told.holds(&ada.at(&server));
    server.stop();
}

/// Ends the writers also when the test fails before it would.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_start_on_a_full_disk_says_so() {
    let home = Home::with_file();
    let Some(disk) = SmallDisk::mount(home.path(), SIZE) else { return };
    disk.fill();
    let data = disk.0.join("data").display().to_string();
    let command = home.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &data]);
    super::support::Finished::of(command, "").fails(1, &[&data]);
    disk.free();
    Server::start(&home, Path::new(&data), &[]).stop();
}
