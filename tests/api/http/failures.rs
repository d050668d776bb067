//! Our own failures: a panic, too many requests at once, an answer that takes too long.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::sync::Notify;

use crate::http::caller_of;
use crate::support::TestApp;

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_of_itself_and_the_next_request_is_answered() {
    let app = TestApp::new().await;
    let panics = async || -> &str { panic!("the secret of the house") };
    let late = async || -> &str {
        tokio::task::yield_now().await;
        panic!("the secret of the house")
    };
    let caller = caller_of(&app, Router::new().route("/panics", get(panics)).route("/late", get(late)));
    for path in ["/panics", "/late"] {
        let answer = caller.get(path).await.problem(500, "server.internal");
        assert!(!answer.text.contains("secret") && !answer.text.contains("panic"), "{}", answer.text);
        assert!(!format!("{:?}", answer.headers).contains("secret"));
    }
    caller.get("/").await.expect(200);
}

#[tokio::test]
async fn a_panic_inside_a_transaction_is_a_500_and_keeps_nothing() {
    let app = TestApp::new().await;
    let db = app.app.db.clone();
    let panics = async move || -> portcullis::base::Result<&'static str> {
        db.write(|writer| {
            writer.execute("INSERT INTO key_sets (id, state, created_at) VALUES ('x', 'current', 0)", &[])?;
            panic!("the secret of the house")
        })
        .await
    };
    let caller = caller_of(&app, Router::new().route("/panics", get(panics)));
    let answer = caller.get("/panics").await.problem(500, "server.internal");
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(app.count("SELECT COUNT(*) FROM key_sets WHERE id = 'x'").await, 0);
    app.user("ada").await.task("Engine").await;
}

#[tokio::test]
async fn one_request_too_many_is_told_to_come_back_while_health_checks_are_answered() {
    let app = TestApp::with(|config| config.server.max_in_flight = 1).await;
    let (inside, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (arrived, released) = (Arc::clone(&inside), Arc::clone(&go_on));
    let waits = async move || {
        arrived.notify_one();
        released.notified().await;
        "done"
    };
    let caller =
        caller_of(&app, Router::new().route("/waits", get(waits)).route("/healthz", get(async || "ok")));
    let first = tokio::spawn({
        let caller = caller.clone();
        async move { caller.get("/waits").await }
    });
    inside.notified().await;
    caller.get("/waits").await.problem(503, "server.busy");
    caller.get("/api/v1/tasks").await.problem(503, "server.busy");
    caller.get("/healthz").await.expect(200);
    go_on.notify_one();
    assert_eq!(first.await.unwrap().expect(200).text, "done");
    caller.get("/api/v1/tasks").await.problem(401, "auth.missing_token");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up_and_its_place_is_free_again() {
    let app = TestApp::with(|config| {
        config.server.request_timeout = Duration::from_millis(100);
        config.server.max_in_flight = 1;
    });
    let app = app.await;
    let caller = caller_of(&app, Router::new().route("/hangs", get(std::future::pending::<String>)));
    caller.get("/hangs").await.problem(503, "server.timeout");
    caller.get("/api/v1/tasks").await.problem(401, "auth.missing_token");
}

#[tokio::test]
async fn a_closed_database_is_unavailable_and_the_server_says_that_it_is_not_ready() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.app.db.close(Duration::from_secs(5));
    ada.post("/api/v1/tasks", &serde_json::json!({ "title": "Engine" }))
        .await
        .problem(503, "database.unavailable");
    let ready = app.anonymous().get("/readyz").await.expect(503);
    assert_eq!((ready.json["status"].as_str(), ready.header("retry-after")), (Some("not_ready"), "1"));
    app.anonymous().get("/healthz").await.expect(200);
}
