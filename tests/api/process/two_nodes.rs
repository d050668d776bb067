//! Two processes on one database server, under load: they share keys, and what one of them ends, the other refuses within a
//! second.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Method;
use portcullis::base::Stopwatch;
use serde_json::{Value, json};

use super::caller::Caller;
use super::support::{Home, Server};
use crate::support::{PASSWORD, database_server};

/// The promise is one second; the rest is for a machine that is busy with the load.
const NOTICED: Duration = Duration::from_secs(5);
const CLIENTS: usize = 16;
const ROUNDS: usize = 3;

const MASTER_KEY: &str = "keys.master_key=a master key of tests, long enough to be one";

/// How long it took until the caller was refused.
fn refused_after(caller: &Caller) -> Duration {
    let waited = Stopwatch::start();
    loop {
        let status = caller.get("/api/v1/account").status.as_u16();
        if status == 401 {
            return waited.elapsed();
        }
        assert!(status == 200 && waited.elapsed() < NOTICED, "{status} after {:?}", waited.elapsed());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Reads and writes on both nodes until it is told to stop; how many tasks were acknowledged.
fn load(nodes: [&Server; 2], bob: &Caller, stop: &AtomicBool, told: &AtomicUsize) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let bob = bob.at(nodes[client % 2]);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let made = bob.post("/api/v1/tasks", &json!({ "title": "under load" }));
                    if made.status == 201 {
                        told.fetch_add(1, Ordering::Relaxed);
                    } else {
                        made.problem(503, "database.unavailable");
                    }
                    bob.get("/api/v1/tasks?limit=10").expect(200);
                }
            });
        }
    });
}

#[test]
fn what_one_ends_the_other_refuses_even_under_load() {
    if database_server().is_none() {
        eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
        return;
    }
    let home = Home::new();
    let one = Server::start(&home, &home.path().join("one"), &[MASTER_KEY]);
    let two = Server::start(&home, &home.path().join("two"), &[MASTER_KEY]);
    let bob = one.user("bob");
    one.user("ada");
    let (stop, told) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| load([&one, &two], &bob, &stop, &told));
        for _ in 0..ROUNDS {
            // A logout here acts there.
            let ada = one.sign_in("ada");
            let there = ada.at(&two);
            there.get("/api/v1/account").expect(200);
            ada.post("/api/v1/auth/logout", &Value::Null).expect(204);
            refused_after(&there);
            there.refresh().problem(401, "auth.session_ended");
            // A password change there ends the other session here.
            let (mine, other) = (two.sign_in("ada"), one.sign_in("ada"));
            other.get("/api/v1/account").expect(200);
            let change = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
            mine.send(Method::PUT, "/api/v1/account/password", &change).unwrap().expect(204);
            refused_after(&other);
            mine.at(&one).get("/api/v1/account").expect(200);
            // The end of all other sessions there ends one here.
            let (ending, ended) = (two.sign_in("ada"), one.sign_in("ada"));
            ended.get("/api/v1/account").expect(200);
            ending.send(Method::DELETE, "/api/v1/account/sessions", &Value::Null).unwrap().expect(204);
            refused_after(&ended);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let told = told.load(Ordering::Relaxed);
    let kept = bob.get("/api/v1/tasks?limit=1&total=true").expect(200).json["total"].clone();
    assert_eq!(kept, json!(told), "every acknowledged task is there, and once");
}

#[test]
fn a_second_process_without_the_master_key_is_refused() {
    if database_server().is_none() {
        return;
    }
    let home = Home::new();
    let _one = Server::start(&home, &home.path().join("one"), &[]);
    home.refused(&[]).fails(1, &["several nodes", "keys.master_key_file"]);
}
