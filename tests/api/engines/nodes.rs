//! Two nodes on one database: what one does acts on the other within a second, and nobody is let in on an old answer.

use std::time::Duration;

use portcullis::base::Stopwatch;

use super::proxy::Proxy;
use crate::support::{Server, TestApp, User, database_server};

/// Within this time a node must have noticed; the promise is one second, the rest is for a busy machine.
const NOTICED: Duration = Duration::from_secs(10);

async fn two_nodes() -> Option<(TestApp, TestApp)> {
    if database_server().is_none() {
        eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
        return None;
    }
    let one = TestApp::new().await;
    let other = one.second_node(|_| {}).await;
    Some((one, other))
}

async fn refused_soon(caller: &User) -> u16 {
    let waited = Stopwatch::start();
    loop {
        let status = caller.get("/api/v1/account").await.status.as_u16();
        if status != 200 || waited.elapsed() > NOTICED {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_sign_in_on_one_node_is_good_on_the_other() {
    let Some((one, other)) = two_nodes().await else { return };
    let ada = one.user("ada").await;
    ada.at(&other).get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_logout_on_one_node_acts_on_the_other() {
    let Some((one, other)) = two_nodes().await else { return };
    let ada = one.user("ada").await;
    let there = ada.at(&other);
    there.get("/api/v1/account").await.expect(200);
    ada.post("/api/v1/auth/logout", &serde_json::json!({ "refresh_token": ada.refresh_token }))
        .await
        .expect(204);
    assert_eq!(refused_soon(&there).await, 401);
}

#[tokio::test]
async fn an_entry_is_read_again_after_a_second_and_once_for_many_requests() {
    let Some((one, _)) = two_nodes().await else { return };
    let ada = one.user("ada").await;
    ada.get("/api/v1/account").await.expect(200);
    let Some(database) = &one.database else { unreachable!("there is a server") };
    database.run("UPDATE sessions SET ended_at = 1, end_reason = 'administrator'");
    assert_eq!(refused_soon(&ada).await, 401);
}

#[tokio::test]
async fn when_the_read_fails_the_answer_is_503_and_never_the_old_one() {
    let Some(Server::MariaDb(url) | Server::Postgres(url)) = database_server() else { return };
    let server = url.rsplit_once('@').unwrap().1;
    let proxy = Proxy::before(server);
    let one = TestApp::new().await;
    let url = one.app.config.database.url.clone();
    let through = secrecy::ExposeSecret::expose_secret(&url).replace(server, &proxy.address);
    let other = one
        .second_node(|config| {
            config.database.url = through.into();
            config.database.deadline = Duration::from_secs(2);
        })
        .await;
    let ada = one.user("ada").await.at(&other);
    ada.get("/api/v1/account").await.expect(200);
    // Nobody listens there any more.
    proxy.lead_to("127.0.0.1:1");
    proxy.cut_open_connections();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for _ in 0..3 {
        ada.get("/api/v1/account").await.problem(503, "database.unavailable");
    }
    let ready = other.anonymous().get("/readyz").await.expect(503);
    assert_eq!(ready.json["database"], "unavailable");
    other.anonymous().get("/healthz").await.expect(200);
    proxy.lead_to(server);
    ada.get("/api/v1/account").await.expect(200);
    other.anonymous().get("/readyz").await.expect(200);
}
