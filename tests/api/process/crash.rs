//! `kill -9` at any moment: what was acknowledged is there, and what was ended stays ended.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::caller::Caller;
use super::support::{Home, Server};
use crate::support::eventually;

const CLIENTS: usize = 200;
const ROUNDS: usize = 20;
/// How many answers are awaited before the server dies, in the middle of the next ones.
const ACKNOWLEDGED: usize = 300;

/// Kills the server in the midst of creates on many connections; the titles that were acknowledged.
fn kill_among_creates(server: Server, ada: &Caller, round: usize) -> Vec<String> {
    let told = Mutex::new(Vec::new());
    let count = AtomicUsize::new(0);
    let server = Mutex::new(Some(server));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let ada = ada.at(server.lock().unwrap().as_ref().unwrap());
            let (told, count) = (&told, &count);
            scope.spawn(move || {
                for number in 0.. {
                    let title = format!("{round} {client} {number}");
                    // The line breaks when the server dies; then this client is done.
                    let Ok(answer) = ada.try_task(&title) else { return };
                    if answer.status == 201 {
                        told.lock().unwrap().push(title);
                        count.fetch_add(1, Ordering::Relaxed);
                    } else {
                        answer.problem(503, "database.unavailable");
                    }
                }
            });
        }
        eventually("creates are acknowledged", || count.load(Ordering::Relaxed) >= ACKNOWLEDGED);
        server.lock().unwrap().take().unwrap().kill();
    });
    told.into_inner().unwrap()
}

#[test]
fn no_acknowledged_task_is_lost() {
    let home = Home::new();
    let mut server = home.start(&[]);
    let ada = server.user("ada");
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        told.extend(kill_among_creates(server, &ada, round));
        server = home.start(&[]);
        let there: std::collections::HashSet<_> = ada.at(&server).titles().into_iter().collect();
        let lost: Vec<_> = told.iter().filter(|title| !there.contains(*title)).collect();
        assert!(lost.is_empty(), "{} of {} acknowledged tasks are lost: {lost:?}", lost.len(), told.len());
        home.assert_sound();
    }
}

#[test]
fn an_acknowledged_logout_is_not_forgotten() {
    let home = Home::new();
    let mut server = home.start(&[]);
    server.user("ada");
    for _ in 0..5 {
        let ada = server.sign_in("ada");
        ada.get("/api/v1/account").expect(200);
        ada.post("/api/v1/auth/logout", &serde_json::Value::Null).expect(204);
        server.kill();
        server = home.start(&[]);
        let ada = ada.at(&server);
        ada.get("/api/v1/account").problem(401, "auth.session_ended");
        ada.refresh().problem(401, "auth.session_ended");
    }
}

#[test]
fn an_acknowledged_refresh_is_not_forgotten() {
    let home = Home::new();
    let mut server = home.start(&[]);
    let mut ada = server.user("ada");
    for _ in 0..3 {
        let next = ada.with_tokens(&ada.refresh().expect(200));
        server.kill();
        server = home.start(&[]);
        ada = next.at(&server);
        ada.get("/api/v1/account").expect(200);
        // The counter moves once in ten seconds; another session shows that rotation goes on.
        ada = server.sign_in("ada");
    }
}
