//! What is remembered of guesses and devices goes again.

use std::time::Duration;

use super::{WRONG, app_with, from, guess_until_refused, log_in};
use crate::support::PASSWORD;

const GUESSES: &str = "SELECT COUNT(*) FROM password_guesses";
const DEVICES: &str = "SELECT COUNT(*) FROM known_devices";

#[tokio::test]
async fn few_failures_are_kept_for_an_hour_and_many_for_a_day() {
    let app = app_with(|_| {}).await;
    let caller = from(&app, "192.0.2.1");
    log_in(&caller, "few", WRONG).await.expect(401);
    guess_until_refused(&caller, "many").await;
    app.advance(Duration::from_mins(59));
    app.sweep().await;
    assert_eq!(app.count(GUESSES).await, 2);
    app.advance(Duration::from_mins(2));
    app.sweep().await;
    assert_eq!(app.count(GUESSES).await, 1);
    app.advance(Duration::from_hours(24));
    app.sweep().await;
    assert_eq!(app.count(GUESSES).await, 0);
}

#[tokio::test]
async fn devices_are_kept_for_thirty_days() {
    let app = app_with(|_| {}).await;
    app.user("ada").await;
    app.advance(Duration::from_hours(24 * 29));
    log_in(&from(&app, "192.0.2.1"), "ada", PASSWORD).await.expect(200);
    app.sweep().await;
    assert_eq!(app.count(DEVICES).await, 2);
    app.advance(Duration::from_hours(24 * 2));
    app.sweep().await;
    assert_eq!(app.count(DEVICES).await, 1);
}
