//! A machine's clock that jumps: nobody gets a longer life out of it, and nothing breaks.

use std::time::Duration;

use portcullis::base::{Clock, Timestamp};

use crate::support::{TestApp, User};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn back(app: &TestApp, by: Duration) {
    app.clock.set(app.clock.now().minus(by));
}

/// What a caller gets who asks for its account and, if that is refused, refreshes.
async fn goes_on(app: &TestApp, user: &User) -> Result<User, String> {
    let answer = user.get("/api/v1/account").await;
    if answer.status == 200 {
        return Ok(user.clone());
    }
    let refreshed = app.anonymous().refresh(&user.refresh_token).await;
    if refreshed.status != 200 {
        return Err(refreshed.expect(401).json["code"].as_str().unwrap().to_owned());
    }
    let next = user.with_tokens(&refreshed);
    next.get("/api/v1/account").await.expect(200);
    Ok(next)
}

#[tokio::test]
async fn a_jump_forwards_ends_what_its_time_ends() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.advance(16 * 60 * Duration::from_secs(1));
    ada.get("/api/v1/account").await.problem(401, "auth.expired_token");
    let ada = goes_on(&app, &ada).await.unwrap();
    app.advance(31 * DAY);
    assert_eq!(goes_on(&app, &ada).await.err().as_deref(), Some("auth.session_ended"));
}

#[tokio::test]
async fn a_jump_backwards_breaks_no_session() {
    let app = TestApp::new().await;
    let mut ada = app.user("ada").await;
    for by in [Duration::from_secs(1), HOUR, DAY] {
        back(&app, by);
        ada = goes_on(&app, &ada).await.unwrap();
        ada.task("made in the past").await;
        ada.get("/api/v1/account/sessions").await.expect(200);
    }
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_token_made_in_the_future_is_refused_and_its_session_goes_on() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.advance(365 * DAY);
    let future = app.sign_in("ada").await;
    back(&app, 365 * DAY);
    // The clock was wrong, not the caller; but a token that is good for another year is not what was promised.
    future.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    let refreshed = app.anonymous().refresh(&future.refresh_token).await.expect(200);
    future.with_tokens(&refreshed).get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_refresh_in_the_future_does_not_open_the_window_of_repetition_for_ever() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.advance(30 * DAY);
    let sign_in = app.sign_in("ada").await;
    let next = sign_in.with_tokens(&app.anonymous().refresh(&sign_in.refresh_token).await.expect(200));
    next.get("/api/v1/account").await.expect(200);
    app.settle().await;
    back(&app, 30 * DAY);
    // The confirmed token's predecessor comes again: that is a thief, whatever the clock did.
    app.anonymous().refresh(&sign_in.refresh_token).await.problem(401, "auth.session_ended");
}

#[tokio::test]
async fn extreme_times_break_nothing() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for millis in [0, 1, 253_402_300_799_999, 1_795_262_400_000] {
        app.clock.set(Timestamp::from_millis(millis));
        let answer = ada.get("/api/v1/account").await;
        assert!(answer.status == 200 || answer.status == 401, "{millis}: {answer:?}");
        let answer = app.anonymous().refresh("pr1.nonsense").await;
        answer.problem(401, "auth.invalid_refresh_token");
        app.sweep().await;
    }
}
