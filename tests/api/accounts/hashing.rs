//! Passwords are hashed beside everything else: a queue that is full, and an account that changes meanwhile.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use axum::http::Method;
use bytesize::ByteSize;
use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp};

const NEXT: &str = "another long enough password";

/// One thread whose hashes take long enough for many requests to arrive meanwhile.
async fn app_with_slow_hashes(queue: usize) -> TestApp {
    TestApp::with(|config| {
        config.password.hash_memory = ByteSize::mib(19);
        config.password.hash_threads = 1;
        config.password.hash_queue = queue;
    })
    .await
}

/// Lets a request run until it waits for its hash, and no further.
async fn reach_the_hash(app: &TestApp, request: &mut Pin<&mut impl Future<Output = Answer>>) {
    poll_fn(|context| {
        assert!(request.as_mut().poll(context).is_pending(), "the request should wait for its hash");
        // Until then it waits for the database, which wakes it.
        if app.app.hasher.in_work() > 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[tokio::test]
async fn sign_ins_that_find_the_queue_full_are_told_when_to_come_back() {
    let app = app_with_slow_hashes(1).await;
    let user = app.user("ada").await;
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let caller = app.anonymous();
            let body = json!({ "login": "ada", "password": PASSWORD });
            tokio::spawn(async move { caller.post("/api/v1/auth/login", &body).await })
        })
        .collect();
    tokio::task::yield_now().await;
    user.get("/api/v1/account").await.expect(200);
    let (mut served, mut refused) = (0, 0);
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            served += 1;
        } else {
            assert_eq!(answer.problem(503, "server.hashing_busy").header("retry-after"), "1");
            refused += 1;
        }
    }
    assert!(served > 0 && refused > 0, "{served} served, {refused} refused");
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_sign_in_whose_hash_outlives_a_password_change_is_void() {
    let app = app_with_slow_hashes(10).await;
    let user = app.user("ada").await;
    let (caller, body) = (app.anonymous(), json!({ "login": "ada", "password": PASSWORD }));
    let mut sign_in = pin!(caller.post("/api/v1/auth/login", &body));
    reach_the_hash(&app, &mut sign_in).await;
    let change = json!({ "current_password": PASSWORD, "new_password": NEXT });
    user.put("/api/v1/account/password", &change).await.expect(204);
    sign_in.await.problem(401, "auth.invalid_credentials");
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    assert_eq!(app.audit_kinds().await.last().unwrap(), "session.refused");
}

#[tokio::test]
async fn a_sign_in_whose_account_is_disabled_or_deleted_meanwhile_is_void() {
    for change in [
        "UPDATE accounts SET status = 'disabled'",
        "UPDATE accounts SET deleted_at = 1, username = NULL, username_key = NULL, password_hash = NULL",
    ] {
        let app = app_with_slow_hashes(10).await;
        app.user("ada").await;
        let before = app.count("SELECT COUNT(*) FROM sessions").await;
        let (caller, body) = (app.anonymous(), json!({ "login": "ada", "password": PASSWORD }));
        let mut sign_in = pin!(caller.post("/api/v1/auth/login", &body));
        reach_the_hash(&app, &mut sign_in).await;
        app.execute(change).await;
        sign_in.await.problem(401, "auth.invalid_credentials");
        assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, before);
    }
}

/// The precondition is part of the change, not a look beforehand.
#[tokio::test]
async fn a_password_change_or_deletion_of_a_copy_that_became_stale_meanwhile_is_refused() {
    for (method, path, body) in [
        (
            Method::PUT,
            "/api/v1/account/password",
            json!({ "current_password": PASSWORD, "new_password": NEXT }),
        ),
        (Method::DELETE, "/api/v1/account", json!({ "password": PASSWORD })),
    ] {
        let app = app_with_slow_hashes(10).await;
        let user = app.user("ada").await;
        let tag = user.get("/api/v1/account").await.expect(200).header("etag").to_owned();
        let caller = user.header("if-match", &tag);
        let mut change = pin!(caller.json(method, path, &body));
        reach_the_hash(&app, &mut change).await;
        user.patch("/api/v1/account", &json!({ "name": "Ada" })).await.expect(200);
        change.await.problem(412, "precondition.failed");
        app.sign_in("ada").await;
    }
}
