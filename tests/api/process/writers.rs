//! Many writers at once, in one process: everybody gets an answer, and the answers are true.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{TestApp, database_server, eventually};

const WRITERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_writers_and_a_reader_do_not_disturb_each_other() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let ada = ada.clone();
            tokio::spawn(
                async move { ada.post("/api/v1/tasks", &json!({ "title": format!("{number}") })).await },
            )
        })
        .collect();
    let reader = {
        let ada = ada.clone();
        tokio::spawn(async move {
            let mut seen = 0;
            for _ in 0..50 {
                let now = ada.get("/api/v1/tasks?total=true&limit=1").await.expect(200).json["total"]
                    .as_u64()
                    .unwrap();
                assert!(now >= seen, "a list never shows less than before: {now} < {seen}");
                seen = now;
            }
        })
    };
    let mut made = 0;
    for writer in writers {
        let answer = writer.await.unwrap();
        match answer.status.as_u16() {
            201 => made += 1,
            _ => drop(answer.problem(503, "database.unavailable")),
        }
    }
    reader.await.unwrap();
    assert!(made > 0);
    assert_eq!(app.count("SELECT count(*) FROM tasks").await, made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_is_held_up_turns_callers_away_and_keeps_none_of_theirs() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let held = app.hold_writers().await;
    // More than the queue holds: some are turned away at once, the others when they have waited long enough.
    let refused = std::sync::Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..400)
        .map(|number| {
            let (ada, refused) = (ada.clone(), refused.clone());
            tokio::spawn(async move {
                let answer = ada.post("/api/v1/tasks", &json!({ "title": format!("{number}") })).await;
                answer.problem(503, "database.unavailable");
                refused.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    if database_server().is_none() {
        // A file has one writer, and readers beside it.
        ada.get("/api/v1/tasks").await.expect(200);
    }
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(refused.load(Ordering::Relaxed), 400);
    drop(held);
    ada.task("afterwards").await;
    assert_eq!(app.count("SELECT count(*) FROM tasks").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_queue_answers_at_once() {
    let app = TestApp::new().await;
    let held = app.hold_writers().await;
    let mut room = 0;
    while app.app.db.post(|_| Ok(())) {
        room += 1;
        assert!(room <= 1_000_000, "the queue has no end");
    }
    let error = app.app.db.write(|_| Ok(())).await.unwrap_err();
    assert_eq!(error.code().name, "database.unavailable");
    assert!(error.cause().unwrap().contains("full"), "{error:?}");
    drop(held);
    eventually("there is room again", || app.app.db.post(|_| Ok(())));
    app.settle().await;
}
