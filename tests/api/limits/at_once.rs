//! Many guesses at once get no further than the same one by one.

use super::{LOGIN, WRONG, app_with, from};
use crate::support::{PASSWORD, TestApp};
use bytesize::ByteSize;
use futures_util::future::join_all;
use serde_json::json;

async fn app() -> TestApp {
    app_with(|config| config.limits.sign_in = "10000/m".parse().unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_guesses_at_once_five_are_looked_at() {
    let app = app().await;
    app.user("ada").await;
    for login in ["ada", "nobody"] {
        let calls = (0..50).map(|number| {
            let caller = from(&app, &format!("192.0.2.{number}"));
            tokio::spawn(async move {
                caller.post(LOGIN, &json!({ "login": login, "password": WRONG })).await.status.as_u16()
            })
        });
        let statuses: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
        let judged = statuses.iter().filter(|status| **status == 401).count();
        let refused = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!((judged, refused), (5, 45), "{login}: {statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_guesses_after_a_delay_one_is_looked_at() {
    let app = app().await;
    app.user("ada").await;
    super::guess_until_refused(&from(&app, "192.0.2.1"), "ada").await;
    app.advance(std::time::Duration::from_secs(1));
    let calls = (0..50).map(|_| {
        let caller = from(&app, "192.0.2.1");
        tokio::spawn(async move {
            caller.post(LOGIN, &json!({ "login": "ada", "password": WRONG })).await.status.as_u16()
        })
    });
    let statuses: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 49, "{statuses:?}");
}

/// A sign-in that found the hashing queue full was not looked at, and is no wrong password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_that_were_not_judged_do_not_count() {
    let app = app_with(|config| {
        config.password.hash_memory = ByteSize::mib(19);
        config.password.hash_threads = 1;
        config.password.hash_queue = 1;
    })
    .await;
    app.user("ada").await;
    let mut busy = 0;
    for _ in 0..5 {
        let calls = (0..5).map(|_| {
            let caller = app.anonymous();
            tokio::spawn(async move {
                caller.post(LOGIN, &json!({ "login": "ada", "password": WRONG })).await.status.as_u16()
            })
        });
        for status in join_all(calls).await {
            busy += usize::from(status.unwrap() == 503);
        }
        app.settle().await;
        app.execute("DELETE FROM password_guesses WHERE failures = 0").await;
        let counted = app.count("SELECT COALESCE(SUM(failures), 0) FROM password_guesses").await;
        assert!(counted < 5, "{counted} of five count, {busy} met a full queue");
        app.execute("DELETE FROM password_guesses").await;
        if busy > 0 {
            return;
        }
    }
    panic!("the queue was never full; {PASSWORD} was never hashed");
}
