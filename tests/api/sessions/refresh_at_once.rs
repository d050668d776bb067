//! Many clients with the same refresh token at the same moment.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_clients_with_one_token_all_get_a_working_pair_of_one_session() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (caller, token) = (app.anonymous(), user.refresh_token.clone());
            tokio::spawn(async move { caller.refresh(&token).await })
        })
        .collect();
    let mut pairs = Vec::new();
    for call in calls {
        pairs.push(user.with_tokens(&call.await.unwrap().expect(200)));
    }
    for pair in &pairs {
        pair.get("/api/v1/account").await.expect(200);
    }
    let next: BTreeSet<_> = pairs.iter().map(|pair| &pair.refresh_token).collect();
    assert_eq!(next.len(), 1, "one rotation, ninety-nine repetitions");
    assert_ne!(pairs[0].refresh_token, user.refresh_token);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL").await, 1);
    assert_eq!(app.count("SELECT current_counter FROM sessions").await, 1);
    app.settle().await;
    app.advance(Duration::from_secs(10));
    app.anonymous().refresh(&pairs[0].refresh_token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_token_that_races_a_logout_never_survives_it() {
    let app = TestApp::new().await;
    for _ in 0..10 {
        let user = if app.count("SELECT COUNT(*) FROM accounts").await == 0 {
            app.user("ada").await
        } else {
            app.sign_in("ada").await
        };
        let (thief, token) = (app.anonymous(), user.refresh_token.clone());
        let theft = tokio::spawn(async move { thief.refresh(&token).await });
        super::logout::log_out(&app, &user.access_token).await.expect(204);
        let stolen = theft.await.unwrap();
        if stolen.status == 200 {
            let thief = user.with_tokens(&stolen);
            thief.get("/api/v1/account").await.session_ended("logout");
            app.anonymous().refresh(&thief.refresh_token).await.session_ended("logout");
        } else {
            stolen.session_ended("logout");
        }
    }
}
