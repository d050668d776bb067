//! The writer: jobs that wait are committed together, and each stands or falls alone.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use tempfile::TempDir;

use crate::base::{self, Kind, Timestamp};
use crate::config::Config;
use crate::db::{Db, Preparation, Settings, Value, Writer};

/// Longer than any stall of a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

async fn database() -> (TempDir, Db) {
    database_with(PATIENCE).await
}

async fn database_with(patience: Duration) -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder, patience, Preparation::Migrate);
    db.write(|writer| Ok(writer.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)", &[])?))
        .await
        .unwrap();
    (folder, db)
}

fn open(folder: &TempDir, patience: Duration, preparation: Preparation) -> Db {
    let database = Config::default().database;
    let now = Timestamp::from_millis(0);
    Db::open(Settings { database: &database, folder: folder.path(), now, patience }, preparation).unwrap()
}

/// Keeps the writer busy until the answer is dropped: what is handed in meanwhile makes one batch.
fn hold(db: &Db) -> Sender<()> {
    let (begun, has_begun) = channel();
    let (release, released): (_, Receiver<()>) = channel();
    assert!(db.post(move |_| {
        begun.send(()).ok();
        released.recv().ok();
        Ok(())
    }));
    has_begun.recv().unwrap();
    release
}

fn insert(writer: &mut Writer<'_>, number: i64) -> base::Result<()> {
    writer.execute("INSERT INTO numbers VALUES (?)", &[Value::Int(number)])?;
    Ok(())
}

async fn numbers(db: &Db) -> Vec<i64> {
    db.read(|reader| Ok(reader.list("SELECT n FROM numbers ORDER BY n", &[], |row| row.get(0))?))
        .await
        .unwrap()
}

/// Polls once, which hands a job in.
async fn hand_in(mut future: Pin<&mut impl Future>) {
    assert!(std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await);
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_of_its_neighbours_along() {
    let (_folder, db) = database().await;
    let release = hold(&db);
    let refused = || base::Error::new(&base::codes::FORBIDDEN);
    let batch = async {
        tokio::join!(
            db.write(|writer| insert(writer, 1)),
            db.write(|writer| insert(writer, 2).and_then(|()| insert(writer, 2))),
            db.write(move |writer| insert(writer, 3).and(Err(refused()))),
            db.write(|writer| insert(writer, 4).map(|()| panic!("on purpose"))),
            // A failure that the closure swallows dooms its transaction all the same.
            db.write(|writer| {
                insert(writer, 5)?;
                insert(writer, 5).ok();
                Ok(())
            }),
            db.write(|writer| insert(writer, 6)),
            async { drop(release) },
        )
    };
    let (one, two, three, four, five, six, ()) = batch.await;
    let kind = |result: base::Result<()>| result.unwrap_err().code().kind;
    assert!(one.is_ok() && six.is_ok());
    assert_eq!((kind(two), kind(three), kind(four)), (Kind::Internal, Kind::Forbidden, Kind::Internal));
    assert_eq!(five.unwrap_err().code().kind, Kind::Internal);
    assert_eq!(numbers(&db).await, [1, 6]);
}

#[tokio::test]
async fn a_job_that_was_given_up_before_it_began_is_not_done() {
    let (_folder, db) = database().await;
    let release = hold(&db);
    let mut job = Box::pin(db.write(|writer| insert(writer, 1)));
    hand_in(job.as_mut()).await;
    drop(job);
    drop(release);
    db.write(|writer| insert(writer, 2)).await.unwrap();
    assert_eq!(numbers(&db).await, [2]);
}

#[tokio::test]
async fn a_job_that_has_begun_is_done_though_its_caller_has_left() {
    let (_folder, db) = database().await;
    let (begun, has_begun) = channel();
    let (release, released) = channel::<()>();
    let mut job = Box::pin(db.write(move |writer| {
        begun.send(()).ok();
        released.recv().ok();
        insert(writer, 1)
    }));
    hand_in(job.as_mut()).await;
    has_begun.recv().unwrap();
    drop(job);
    drop(release);
    db.write(|writer| insert(writer, 2)).await.unwrap();
    assert_eq!(numbers(&db).await, [1, 2]);
}

#[tokio::test]
async fn a_job_that_waits_too_long_is_refused_and_never_done() {
    let (_folder, db) = database_with(Duration::from_millis(50)).await;
    let release = hold(&db);
    let refused = db.write(|writer| insert(writer, 1)).await.unwrap_err();
    assert_eq!(refused.code().kind, Kind::Unavailable);
    assert!(refused.retry_after().is_some());
    drop(release);
    db.write(|writer| insert(writer, 2)).await.unwrap();
    assert_eq!(numbers(&db).await, [2]);
}

#[tokio::test]
async fn effects_follow_the_commit_come_before_the_answer_and_spare_what_was_refused() {
    let (_folder, db) = database().await;
    let (seen, reader) = (Arc::new(Mutex::new(Vec::new())), db.clone());
    let effect = {
        let seen = Arc::clone(&seen);
        move |writer: &mut Writer<'_>, number: i64| {
            let (seen, reader) = (Arc::clone(&seen), reader.clone());
            writer.after_commit(move || {
                // A short read is done where it is asked for, and ready at the first look.
                let rows = reader.read(|reader| Ok(reader.number("SELECT COUNT(*) FROM numbers", &[])?));
                seen.lock().unwrap().push((number, rows.now_or_never().unwrap().unwrap()));
            });
        }
    };
    let kept = effect.clone();
    db.write(move |writer| {
        kept(writer, 1);
        insert(writer, 1)
    })
    .await
    .unwrap();
    assert_eq!(*seen.lock().unwrap(), [(1, 1)]);
    let refused = db.write(move |writer| {
        effect(writer, 2);
        insert(writer, 1)
    });
    assert!(refused.await.is_err());
    assert_eq!(*seen.lock().unwrap(), [(1, 1)]);
}

#[tokio::test]
async fn another_connections_commit_is_noticed_and_our_own_is_not() {
    let (folder, db) = database().await;
    let noticed = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&noticed);
    db.on_foreign_change(move || mark.store(true, Ordering::SeqCst));
    // The first look has nothing to compare with, and may speak.
    db.write(|writer| insert(writer, 0)).await.unwrap();
    noticed.store(false, Ordering::SeqCst);
    for number in 1..4 {
        db.write(move |writer| insert(writer, number)).await.unwrap();
    }
    assert!(!noticed.load(Ordering::SeqCst));
    let other = open(&folder, PATIENCE, Preparation::None);
    other.write(|writer| insert(writer, 7)).await.unwrap();
    // The writer looks before each batch.
    db.write(|writer| insert(writer, 8)).await.unwrap();
    assert!(noticed.load(Ordering::SeqCst));
}
