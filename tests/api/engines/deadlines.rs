//! One deadline for everything: the wait in the queue, the connection, every statement, the commit.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use portcullis::base::{self, Stopwatch};
use portcullis::db::Writer;

use super::support::{Place, cause, insert, unavailable};
use crate::support::eventually;

#[tokio::test]
async fn a_statement_ends_at_the_deadline_and_takes_its_connection_with_it() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(1000);
    let before = place.connection_id(&db).await.unwrap();
    let pause = place.either("SELECT SLEEP(60)", "SELECT 1 FROM pg_sleep(60)");
    let waited = Stopwatch::start();
    let slow = db.write(move |writer| {
        insert(writer, "ada")?;
        Ok(writer.first(pause, &[], |_| Ok(()))?)
    });
    assert!(unavailable(&slow.await));
    let waited = waited.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
    assert_ne!(place.connection_id(&db).await.unwrap(), before);
    // The server lets go of the row soon after, or this insertion would wait for it.
    let waited = Stopwatch::start();
    while db.write(|writer| insert(writer, "ada")).await.is_err() {
        assert!(waited.elapsed() < Duration::from_secs(20), "the server still holds the row");
    }
}

#[tokio::test]
async fn a_job_whose_deadline_passed_in_the_queue_does_not_run() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(500);
    place.connection_id(&db).await.ok();
    let busy = db.read(|_| {
        sleep(Duration::from_millis(900));
        Ok(())
    });
    let ran = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&ran);
    let late = db.read(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    let (busy, late) = tokio::join!(busy, late);
    assert!(busy.is_ok(), "a closure's own time does not undo it");
    assert!(unavailable(&late));
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(20_000);
    place.connection_id(&db).await.unwrap();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    assert!(db.post(move |_| {
        begun.send(()).ok();
        released.lock().unwrap().recv().ok();
        Ok(())
    }));
    has_begun.recv().unwrap();
    for _ in 0..4 {
        assert!(db.post(|_| Ok(())));
    }
    assert!(!db.post(|_| Ok(())));
    let refused = db.read(|_| Ok(())).await;
    assert!(unavailable(&refused));
    assert!(cause(refused).contains("full"));
    drop(release);
    eventually("there is room again", || db.post(|_| Ok(())));
}

#[tokio::test]
async fn a_caller_that_left_is_skipped_before_and_carried_out_after_the_beginning() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(20_000);
    place.connection_id(&db).await.unwrap();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let begins = move |writer: &mut Writer<'_>| {
        begun.send(()).ok();
        sleep(Duration::from_millis(200));
        insert(writer, "begun")
    };
    let hand = db.clone();
    let both = tokio::spawn(async move {
        tokio::join!(hand.write(begins), hand.write(|writer| insert(writer, "waiting")))
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
    both.abort();
    both.await.unwrap_err();
    let names =
        db.read(|reader| Ok(reader.list("SELECT username FROM accounts", &[], |row| row.get::<String>(0))?));
    assert_eq!(names.await.unwrap(), ["begun"]);
}

#[tokio::test]
async fn a_dawdling_closure_loses_its_locks_and_its_commit() {
    let Some(place) = Place::new() else { return };
    let (slow, other) = (place.one_worker(500), place.one_worker(20_000));
    place.connection_id(&slow).await.ok();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let dawdle = move |writer: &mut Writer<'_>| {
        insert(writer, "ada")?;
        begun.send(()).ok();
        sleep(Duration::from_millis(2500));
        Ok(())
    };
    let dawdle = tokio::spawn(async move { slow.write(dawdle).await });
    tokio::task::spawn_blocking(move || has_begun.recv()).await.unwrap().ok();
    other.write(|writer| insert(writer, "ada")).await.unwrap();
    let dawdled = dawdle.await.unwrap();
    assert!(unavailable(&dawdled));
    assert!(!cause(dawdled).contains("unknown"));
    assert_eq!(place.count(&other).await, 1);
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_unavailable_in_time() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(500);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap().to_string();
    drop(db);
    for address in [closed, silent_at] {
        let through = super::proxy::Proxy::before(place.address());
        let url = place.database.url().replace(place.address(), &through.address);
        let db = place.start(|settings| {
            settings.url = url.into();
            settings.workers = 1;
            settings.deadline = Duration::from_millis(500);
        });
        through.lead_to(&address);
        through.cut_open_connections();
        let waited = Stopwatch::start();
        let away: base::Result<i64> = place.connection_id(&db).await;
        assert!(unavailable(&away));
        assert!(waited.elapsed() < Duration::from_secs(5), "{:?}", waited.elapsed());
        assert!(db.ready().await.is_err());
        through.lead_to(place.address());
        place.connection_id(&db).await.unwrap();
        db.ready().await.unwrap();
    }
}
