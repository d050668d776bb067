//! Bad days of a database server, under load: what needs it is refused in time and in the open, nothing is lost or done
//! twice, and work goes on by itself.

mod day;
mod server;

use std::net::TcpListener;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::proxy::Proxy;
use crate::support::{Server, TestApp, database_server};
use day::Day;
use server::OwnServer;

/// What a node says of a server that is not there or about to be.
const AWAY: [&str; 6] =
    ["reached", "closed the connection", "cannot work", "did not answer", "deadline", "lost"];
/// What a node says of a server that does not answer.
const SILENT: [&str; 4] = ["did not answer", "deadline", "full", "did not begin"];

/// A database of this name on the server, with the schema of the house.
async fn calm(own: &OwnServer, name: &str) -> (TestApp, String) {
    // One may stand there from an earlier run.
    own.server.run(&format!("DROP DATABASE IF EXISTS {name}"));
    own.server.run(&format!("CREATE DATABASE {name}"));
    let url = own.server.url(name);
    let calm = TestApp::with(|config| config.database.url = url.clone().into()).await;
    (calm, url)
}

/// The address for a user without the privileges that let administrators pass where others may not.
fn guest(own: &OwnServer, database: &str, url: &str) -> String {
    match own.server {
        Server::MariaDb(_) => own.server.run(&format!(
            "CREATE OR REPLACE USER guest@'%' IDENTIFIED BY 'guest'; GRANT ALL ON {database}.* TO guest@'%'"
        )),
        Server::Postgres(_) => {
            own.server.run("DO $$ BEGIN CREATE ROLE guest LOGIN PASSWORD 'guest'; EXCEPTION WHEN duplicate_object THEN END $$");
            let grant = "GRANT ALL ON ALL TABLES IN SCHEMA public TO guest; \
                         GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guest; GRANT CREATE ON SCHEMA public TO guest";
            own.server.run_in(database, grant);
        }
    }
    url.replacen("portcullis:portcullis@", "guest:guest@", 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_and_started() {
    let Some(mut own) = OwnServer::start() else { return };
    let (calm, url) = calm(&own, "stopped").await;
    let day = Day::begin(calm, url).await;
    own.stop();
    day.is_refused(&AWAY).await;
    own.run();
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_started() {
    let Some(mut own) = OwnServer::start() else { return };
    let (calm, url) = calm(&own, "killed").await;
    let day = Day::begin(calm, url).await;
    for _ in 0..3 {
        own.kill();
        day.is_refused(&AWAY).await;
        own.run();
        day.resumes().await;
    }
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suspended_and_woken() {
    let Some(own) = OwnServer::start() else { return };
    let (calm, url) = calm(&own, "suspended").await;
    let day = Day::begin(calm, url).await;
    own.suspend();
    day.is_refused(&SILENT).await;
    own.wake();
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only() {
    let Some(own) = OwnServer::start() else { return };
    let (calm, url) = calm(&own, "read_only").await;
    let day = Day::begin(calm, guest(&own, "read_only", &url)).await;
    own.be_read_only(true);
    day.is_refused(&["read-only"]).await;
    day.still_reads().await;
    own.be_read_only(false);
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locked_for_a_backup() {
    let Some(own) = OwnServer::start() else { return };
    let Server::MariaDb(_) = own.server else { return };
    let (calm, url) = calm(&own, "locked").await;
    let day = Day::begin(calm, url).await;
    let lock = own.server.hold("FLUSH TABLES WITH READ LOCK").unwrap();
    day.is_refused(&["broke a statement off", "did not answer", "deadline"]).await;
    day.still_reads().await;
    drop(lock);
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_connections() {
    let Some(own) = OwnServer::start() else { return };
    let (calm, url) = calm(&own, "crowded").await;
    let day = Day::begin(calm, guest(&own, "crowded", &url)).await;
    let crowd = match own.server {
        Server::MariaDb(_) => {
            let crowd: Vec<_> = (0..12).map(|_| own.server.hold("SELECT 1").unwrap()).collect();
            own.server.run("SET GLOBAL max_connections = 10; KILL USER guest");
            crowd
        }
        Server::Postgres(_) => {
            own.server.run("ALTER ROLE guest CONNECTION LIMIT 0");
            own.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'guest'");
            Vec::new()
        }
    };
    day.is_refused(&["has no connection free"]).await;
    drop(crowd);
    if let Server::Postgres(_) = own.server {
        own.server.run("ALTER ROLE guest CONNECTION LIMIT -1");
    }
    day.resumes().await;
    day.ends_well().await;
}

/// A day with a wire between the node and the server that the tests use.
async fn wired() -> Option<(Day, Proxy, &'static str)> {
    let Some(Server::MariaDb(url) | Server::Postgres(url)) = database_server() else { return None };
    let server = url.rsplit_once('@').unwrap().1;
    let proxy = Proxy::before(server);
    let calm = TestApp::new().await;
    let url = calm.app.config.database.url.expose_secret().replace(server, &proxy.address);
    Some((Day::begin(calm, url).await, proxy, server))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow() {
    let Some((day, proxy, _)) = wired().await else { return };
    proxy.delay(Duration::from_millis(700));
    day.is_refused(&SILENT).await;
    proxy.delay(Duration::ZERO);
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_behind_a_wire_that_stays_open() {
    let Some((day, proxy, server)) = wired().await else { return };
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.lead_to(&silent.local_addr().unwrap().to_string());
    proxy.mute_open_connections();
    day.is_refused(&SILENT).await;
    proxy.lead_to(server);
    day.resumes().await;
    day.ends_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_again_and_again() {
    let Some((day, proxy, _)) = wired().await else { return };
    for _ in 0..20 {
        proxy.cut_open_connections();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    day.resumes().await;
    day.ends_well().await;
}
