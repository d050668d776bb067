//! A COMMIT whose answer is lost is neither a success nor a failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret;
use serde_json::json;

use super::proxy::{Cut, Proxy};
use super::support::{Place, cause, insert, unavailable};
use crate::support::{Server, TestApp, database_server};

async fn commit_through(cut: Cut, rows: i64) {
    let Some(place) = Place::new() else { return };
    let proxy = Proxy::before(place.address());
    let url = place.database.url().replace(place.address(), &proxy.address);
    let db = place.start(|settings| {
        settings.url = url.into();
        settings.workers = 1;
        settings.deadline = Duration::from_secs(2);
    });
    db.write(|writer| insert(writer, "before")).await.unwrap();
    let (runs, effects) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
    let (count, seen) = (Arc::clone(&runs), Arc::clone(&effects));
    proxy.cut(cut);
    let unknown = db.write(move |writer| {
        let seen = Arc::clone(&seen);
        writer.after_commit(move || {
            seen.fetch_add(1, Ordering::SeqCst);
        });
        count.fetch_add(1, Ordering::SeqCst);
        insert(writer, "unknown")
    });
    let unknown = unknown.await;
    assert!(unavailable(&unknown));
    assert!(cause(unknown).contains("the outcome of a commit is unknown"));
    assert_eq!(runs.load(Ordering::SeqCst), 1, "never repeated blindly");
    assert_eq!(effects.load(Ordering::SeqCst), 1, "invalidations are right in both cases");
    let other = place.one_worker(20_000);
    assert_eq!(place.count(&other).await, rows);
    db.write(|writer| insert(writer, "after")).await.unwrap();
}

#[tokio::test]
async fn lost_before_the_server_saw_it() {
    commit_through(Cut::BeforeTheServer, 1).await;
}

#[tokio::test]
async fn carried_out_and_its_answer_lost() {
    commit_through(Cut::AfterTheServer, 2).await;
}

#[tokio::test]
async fn swallowed_in_silence() {
    commit_through(Cut::Silently, 1).await;
}

/// What a client does that was told 503 and wants its task all the same.
#[tokio::test]
async fn a_creation_with_a_key_is_safe_to_repeat() {
    let Some(Server::MariaDb(url) | Server::Postgres(url)) = database_server() else { return };
    let server = url.rsplit_once('@').unwrap().1;
    let calm = TestApp::new().await;
    let ada = calm.user("ada").await;
    let proxy = Proxy::before(server);
    let url = calm.app.config.database.url.expose_secret().replace(server, &proxy.address);
    let node = calm.second_node(|config| config.database.url = url.into()).await;
    for (number, cut) in [Cut::BeforeTheServer, Cut::AfterTheServer].into_iter().enumerate() {
        let ada = ada.at(&node).header("idempotency-key", &format!("key-{number}"));
        let body = json!({ "title": format!("{number}") });
        node.settle().await;
        proxy.cut(cut);
        ada.post("/api/v1/tasks", &body).await.problem(503, "database.unavailable");
        ada.post("/api/v1/tasks", &body).await.expect(201);
    }
    assert_eq!(calm.count("SELECT COUNT(*) FROM tasks").await, 2);
}
