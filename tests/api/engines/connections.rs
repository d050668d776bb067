//! Connections break, fall silent and are replaced; a call pays for that only when it must.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use portcullis::base::{self, Stopwatch};

use super::proxy::Proxy;
use super::support::{Place, insert, kill};

#[tokio::test]
async fn a_violation_keeps_the_connection_and_a_panic_does_not() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(20_000);
    db.write(|writer| insert(writer, "ada")).await.unwrap();
    let before = place.connection_id(&db).await.unwrap();
    db.write(|writer| insert(writer, "ada")).await.unwrap_err();
    assert_eq!(place.connection_id(&db).await.unwrap(), before);
    db.write(|_| -> base::Result<()> { panic!("on purpose") }).await.unwrap_err();
    assert_ne!(place.connection_id(&db).await.unwrap(), before);
}

#[tokio::test]
async fn a_connection_closed_by_the_server_costs_no_call() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(20_000);
    // Rested: the question whether it lives finds out. Not rested: the job itself finds out and runs again.
    for rest in [400, 0] {
        let id = place.connection_id(&db).await.unwrap();
        place.kill(id);
        sleep(Duration::from_millis(rest));
        assert_ne!(place.connection_id(&db).await.unwrap(), id);
    }
    let runs = Arc::new(AtomicU64::new(0));
    let (count, server) = (Arc::clone(&runs), place.server);
    let own_id = place.either("SELECT CONNECTION_ID()", "SELECT pg_backend_pid()");
    let written = db.write(move |writer| {
        let id = writer.number(own_id, &[])?;
        insert(writer, "ada")?;
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            kill(server, id);
        }
        Ok(writer.execute("UPDATE accounts SET name = 'Ada' WHERE username_key = 'ada'", &[])?)
    });
    assert_eq!(written.await.unwrap(), 1);
    assert_eq!((runs.load(Ordering::SeqCst), place.count(&db).await), (2, 1));
}

#[tokio::test]
async fn a_connection_that_fell_silent_while_resting_is_replaced() {
    let Some(place) = Place::new() else { return };
    let proxy = Proxy::before(place.address());
    let url = place.database.url().replace(place.address(), &proxy.address);
    let db = place.start(|settings| {
        settings.url = url.into();
        settings.workers = 1;
        settings.deadline = Duration::from_secs(10);
    });
    let before = place.connection_id(&db).await.unwrap();
    proxy.mute_open_connections();
    sleep(Duration::from_millis(300));
    let waited = Stopwatch::start();
    assert_ne!(place.connection_id(&db).await.unwrap(), before);
    assert!(waited.elapsed() < Duration::from_secs(8), "not the whole deadline: {:?}", waited.elapsed());
}

#[tokio::test]
async fn a_known_statement_is_sent_once() {
    let Some(place) = Place::new() else { return };
    let proxy = Proxy::before(place.address());
    let url = place.database.url().replace(place.address(), &proxy.address);
    let db = place.start(|settings| {
        settings.url = url.into();
        settings.workers = 1;
        settings.deadline = Duration::from_secs(20);
    });
    let read = || {
        db.read(
            |reader| Ok(reader.first("SELECT email FROM accounts WHERE id = ?", &[7.into()], |_| Ok(()))?),
        )
    };
    read().await.unwrap();
    let first = proxy.sent();
    read().await.unwrap();
    let second = proxy.sent();
    let contains = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(contains(&first, b"SELECT email FROM"));
    assert!(!second.is_empty() && !contains(&second, b"SELECT"));
    if !place.is_mariadb() {
        assert_eq!(tags(&second), "BES", "bind, execute, sync: one round trip, nothing described");
    }
}

/// The kinds of PostgreSQL's messages in a row, one letter each.
fn tags(mut bytes: &[u8]) -> String {
    let mut tags = String::new();
    while let [tag, a, b, c, d, ..] = *bytes {
        tags.push(char::from(tag));
        bytes = &bytes[1 + usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap()..];
    }
    tags
}

#[tokio::test]
async fn tables_may_change_under_a_prepared_statement() {
    let Some(place) = Place::new() else { return };
    let db = place.one_worker(20_000);
    let id = db.write(|writer| insert(writer, "ada")).await.unwrap();
    let read = || {
        let select = "SELECT created_at FROM accounts WHERE id = ?";
        db.read(move |reader| Ok(reader.number(select, &[id.into()])?))
    };
    assert_eq!(read().await.unwrap(), 1);
    place.database.run(place.either(
        "ALTER TABLE accounts MODIFY created_at DECIMAL(20) NOT NULL",
        "ALTER TABLE accounts ALTER COLUMN created_at TYPE NUMERIC(20)",
    ));
    assert_eq!(read().await.unwrap(), 1);
}

#[tokio::test]
async fn closing_finishes_what_waits_and_ends_the_connections() {
    let Some(place) = Place::new() else { return };
    let (db, other) = (place.one_worker(20_000), place.one_worker(20_000));
    for number in 0..4 {
        assert!(db.post(move |writer| insert(writer, &format!("{number}")).map(drop)));
    }
    db.close(Duration::from_secs(20));
    assert_eq!(place.count(&other).await, 4);
    assert!(db.read(|_| Ok(())).await.is_err() && db.ready().await.is_err() && !db.post(|_| Ok(())));
    let open = place.either(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE()",
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()",
    );
    let waited = Stopwatch::start();
    while other.read(move |reader| Ok(reader.number(open, &[])?)).await.unwrap() > 1 {
        assert!(waited.elapsed() < Duration::from_secs(20), "still connected");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
