//! Transactions that meet: they run again, and what they decide stays true.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use portcullis::base;
use portcullis::db::Writer;
use serde_json::json;

use super::support::{Place, cause, insert, unavailable};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn deadlocked_transactions_run_again() {
    let Some(place) = Place::new() else { return };
    let db = place.start(|settings| settings.deadline = Duration::from_secs(20));
    let one = db.write(|writer| insert(writer, "one")).await.unwrap();
    let two = db.write(|writer| insert(writer, "two")).await.unwrap();
    let (runs, effects) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
    let both_hold_one = Arc::new(Barrier::new(2));
    let add = |first: i64, second: i64| {
        let (runs, effects) = (Arc::clone(&runs), Arc::clone(&effects));
        let (both_hold_one, first_run) = (Arc::clone(&both_hold_one), AtomicBool::new(true));
        db.write(move |writer| {
            let effects = Arc::clone(&effects);
            writer.after_commit(move || {
                effects.fetch_add(1, Ordering::SeqCst);
            });
            runs.fetch_add(1, Ordering::SeqCst);
            let update = "UPDATE accounts SET created_at = created_at + 1 WHERE id = ?";
            writer.execute(update, &[first.into()])?;
            if first_run.swap(false, Ordering::SeqCst) {
                both_hold_one.wait();
            }
            Ok(writer.execute(update, &[second.into()])?)
        })
    };
    let (a, b) = tokio::join!(add(one, two), add(two, one));
    assert_eq!((a.unwrap(), b.unwrap()), (1, 1));
    assert!(runs.load(Ordering::SeqCst) > 2, "at least one of two ran again");
    assert_eq!(effects.load(Ordering::SeqCst), 2, "the victim's effects were dropped");
    let sums =
        db.read(|reader| Ok(reader.list("SELECT created_at FROM accounts", &[], |row| row.get::<i64>(0))?));
    assert_eq!(sums.await.unwrap(), [3, 3]);
}

#[tokio::test]
async fn a_transaction_that_meets_others_for_ever_is_refused_at_its_deadline() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(2000);
    let runs = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&runs);
    place.connection_id(&db).await.ok();
    let met: base::Result<i64> = db
        .write(move |writer| {
            count.fetch_add(1, Ordering::SeqCst);
            insert(writer, "ada")?;
            Err(writer.overtaken().into())
        })
        .await;
    assert!(unavailable(&met));
    assert!(cause(met).contains("deadline"));
    assert!(runs.load(Ordering::SeqCst) > 1);
    assert_eq!(place.count(&place.one_worker(20_000)).await, 0);
}

#[tokio::test]
async fn a_failed_serialisation_runs_again() {
    let Some(place) = Place::new() else { return };
    if place.is_mariadb() {
        return;
    }
    let db = place.start(|settings| settings.deadline = Duration::from_secs(20));
    let runs = Arc::new(AtomicU64::new(0));
    let together = Arc::new(Barrier::new(2));
    let count_and_insert = |name: &'static str| {
        let (runs, together) = (Arc::clone(&runs), Arc::clone(&together));
        let first_run = AtomicBool::new(true);
        db.write(move |writer| {
            runs.fetch_add(1, Ordering::SeqCst);
            writer.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", &[])?;
            let seen = writer.number("SELECT COUNT(*) FROM accounts", &[])?;
            if first_run.swap(false, Ordering::SeqCst) {
                together.wait();
            }
            insert(writer, name)?;
            Ok(seen)
        })
    };
    let (a, b) = tokio::join!(count_and_insert("ada"), count_and_insert("grace"));
    let mut seen = [a.unwrap(), b.unwrap()];
    seen.sort_unstable();
    assert_eq!(seen, [0, 1], "one after the other");
    assert!(runs.load(Ordering::SeqCst) > 2, "at least one of two ran again");
}

#[tokio::test]
async fn transactions_read_what_others_committed_meanwhile() {
    let Some(place) = Place::new() else { return };
    let (db, other) = (place.one_worker(20_000), place.one_worker(20_000));
    let (look, looked) = std::sync::mpsc::channel::<()>();
    let (written, has_written) = std::sync::mpsc::channel::<()>();
    let has_written = std::sync::Mutex::new(has_written);
    let counts = move |writer: &mut Writer<'_>| {
        let count = "SELECT COUNT(*) FROM accounts";
        let before = writer.number(count, &[])?;
        look.send(()).ok();
        has_written.lock().unwrap().recv().ok();
        Ok((before, writer.number(count, &[])?))
    };
    let counts = tokio::spawn(async move { db.write(counts).await });
    tokio::task::spawn_blocking(move || looked.recv().unwrap()).await.unwrap();
    other.write(|writer| insert(writer, "ada")).await.unwrap();
    written.send(()).unwrap();
    assert_eq!(counts.await.unwrap().unwrap(), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_without_a_tag_are_never_lost_and_never_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    let changes = (0..24).map(|number| {
        let (ada, path) = (ada.clone(), path.clone());
        let field = if number % 2 == 0 { "title" } else { "description" };
        tokio::spawn(
            async move { ada.patch(&path, &json!({ field: format!("{number}") })).await.expect(200) },
        )
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.unwrap();
    }
    assert_eq!(app.count("SELECT version FROM tasks").await, 25);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_administrators_who_leave_at_once_one_stays() {
    for _ in 0..5 {
        let app = TestApp::new().await;
        let ada = app.admin().await;
        app.user("grace").await;
        app.execute("UPDATE accounts SET role = 'admin'").await;
        let grace = app.sign_in("grace").await;
        let leave = |who: crate::support::User| {
            let body = json!({ "password": PASSWORD });
            tokio::spawn(async move { who.json(axum::http::Method::DELETE, "/api/v1/account", &body).await })
        };
        let (one, other) = tokio::join!(leave(ada), leave(grace));
        let mut statuses = [one.unwrap().status.as_u16(), other.unwrap().status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creations_with_one_key_make_one_task() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await.header("idempotency-key", "once");
    let creations = (0..12).map(|_| {
        let ada = ada.clone();
        tokio::spawn(
            async move { ada.post("/api/v1/tasks", &json!({ "title": "Engine" })).await.expect(201) },
        )
    });
    let mut ids = Vec::new();
    for creation in creations.collect::<Vec<_>>() {
        ids.push(creation.await.unwrap().json["id"].clone());
    }
    ids.dedup();
    assert_eq!((ids.len(), app.count("SELECT COUNT(*) FROM tasks").await), (1, 1));
}
