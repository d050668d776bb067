//! A slow request is told with its slowest statement; and whoever works for a request knows its id.

use std::thread::sleep;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use portcullis::app::App;
use portcullis::base::{Result, Trace};
use serde_json::json;
use std::sync::Arc;

use super::caller_of;
use super::log::Log;
use crate::support::{PASSWORD, TestApp};

const SLOW: &str = "portcullis::slow";

fn current_id() -> Option<String> {
    Trace::with_current_id(|id| id.map(str::to_owned))
}

#[tokio::test]
async fn a_slow_request_names_its_slowest_statement_without_values() {
    let (log, _guard) = Log::capture();
    let app = TestApp::with(|config| config.log.slow_request = Duration::from_millis(1)).await;
    let slow = async |State(app): State<Arc<App>>| -> Result<String> {
        let name = "ada@example.com";
        app.db
            .write(move |writer| {
                writer.execute("DELETE FROM tasks WHERE id < 0", &[])?;
                // A statement is as slow as its reader.
                let read = |row: &dyn portcullis::db::Row| {
                    sleep(Duration::from_millis(300));
                    row.get::<i64>(0)
                };
                writer.first("SELECT COUNT(*)\n    FROM accounts WHERE email <> ?", &[name.into()], read)?;
                Ok(())
            })
            .await?;
        Ok("done".into())
    };
    let caller = caller_of(&app, Router::new().route("/slow/{id}", get(slow)));
    caller.header("x-request-id", "slow-1").get("/slow/7").await.expect(200);
    let lines = log.of(SLOW);
    let line = lines.iter().find(|line| line["request_id"] == "slow-1").unwrap();
    assert_eq!(
        json!([line["level"], line["method"], line["route"], line["status"], line["statements"]]),
        json!(["WARN", "GET", "/slow/{id}", 200, 2])
    );
    assert_eq!(line["statement"], "SELECT COUNT(*) FROM accounts WHERE email <> ?");
    let micros = |field: &str| line[field].as_u64().unwrap();
    assert!(micros("statement_micros") >= 300_000);
    assert!(micros("database_micros") >= micros("statement_micros"));
    assert!(micros("micros") >= micros("database_micros"));
    assert!(line["waited_micros"].is_u64());
    assert!(!log.text().contains("example.com"), "{}", log.text());
}

#[tokio::test]
async fn time_in_the_queue_is_told_apart() {
    let (log, _guard) = Log::capture();
    let app = TestApp::with(|config| config.log.slow_request = Duration::from_millis(1)).await;
    let write = async |State(app): State<Arc<App>>| -> Result<String> {
        app.db.write(|writer| Ok(writer.execute("DELETE FROM tasks WHERE id < 0", &[])?)).await?;
        Ok("done".into())
    };
    let caller = caller_of(&app, Router::new().route("/waits", get(write)));
    let release = app.hold_writers().await;
    let answer = tokio::spawn(async move { caller.get("/waits").await.expect(200) });
    tokio::time::sleep(Duration::from_millis(60)).await;
    drop(release);
    answer.await.unwrap();
    let line = &log.of(SLOW)[0];
    assert!(line["waited_micros"].as_u64().unwrap() >= 30_000, "{line}");
    assert_eq!(line["statements"], 1);
}

#[tokio::test]
async fn what_is_fast_has_no_second_line() {
    let (log, _guard) = Log::capture();
    let app = TestApp::with(|config| config.log.slow_request = Duration::from_hours(1)).await;
    app.user("ada").await.task("Oil the chains").await;
    assert_eq!((log.requests().len(), log.of(SLOW).len()), (3, 0));
}

/// Handlers, database jobs on any thread, jobs that nobody waits for, and what runs after a panic.
#[tokio::test]
async fn whoever_works_for_a_request_knows_its_id() {
    let app = TestApp::new().await;
    let ids = async |State(app): State<Arc<App>>| -> Result<String> {
        tokio::task::yield_now().await;
        let here = current_id();
        let read = app.db.read(|_| Ok(current_id())).await?;
        let scanned = app.db.scan(|_| Ok(current_id())).await?;
        let written = app.db.write(|_| Ok(current_id())).await?;
        let (tell, told) = std::sync::mpsc::channel();
        let tell = std::sync::Mutex::new(tell);
        app.db.post(move |_| {
            tell.lock().unwrap().send(current_id()).ok();
            Ok(())
        });
        let posted = tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
        let all = [here, read, scanned, written, posted];
        Ok(all.map(Option::unwrap_or_default).join(" "))
    };
    let panics = async || -> &str { panic!("on purpose") };
    let caller = caller_of(&app, Router::new().route("/ids", get(ids)).route("/panics", get(panics)));
    caller.header("x-request-id", "p").get("/panics").await.expect(500);
    for id in ["a-1", "a-2"] {
        let answer = caller.header("x-request-id", id).get("/ids").await.expect(200);
        assert_eq!(answer.text, [id; 5].join(" "));
    }
    let own = caller.get("/ids").await.expect(200);
    assert_eq!(own.text.split(' ').next().unwrap(), own.header("x-request-id"));
    assert_eq!(app.app.db.write(|_| Ok(current_id())).await.unwrap(), None, "work of nobody's request");
    assert_eq!(current_id(), None);
}

/// The line is written whatever the answer, and holds no more than the access log may.
#[tokio::test]
async fn a_slow_refusal_tells_no_secret() {
    let (log, _guard) = Log::capture();
    let app = TestApp::with(|config| config.log.slow_request = Duration::from_millis(1)).await;
    app.user("ada").await;
    let wrong = json!({ "login": "ada@example.com", "password": "a wrong Secret-1" });
    app.anonymous().post("/api/v1/auth/login", &wrong).await.expect(401);
    let text = log.text();
    for secret in [PASSWORD, "Secret-", "example.com"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
