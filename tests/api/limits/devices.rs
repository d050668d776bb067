//! Known devices: from where an account signs in.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::{app_with, from, guess_until_refused, log_in};
use crate::support::{PASSWORD, TestApp};

const DEVICES: &str = "SELECT COUNT(*) FROM known_devices";
const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

async fn app() -> TestApp {
    app_with(|config| {
        config.limits.sign_in = "10000/m".parse().unwrap();
        config.sessions.max_per_account = 3;
    })
    .await
}

/// What the audit log says of the newest sign-in.
async fn noted(app: &TestApp) -> Value {
    let log = app.audit_log().await;
    log.iter().rev().find(|event| event.kind == "session.started").unwrap().detail["known_device"].clone()
}

#[tokio::test]
async fn the_audit_log_tells_a_sign_in_from_an_unknown_device() {
    let app = app().await;
    app.user("ada").await;
    app.user("grace").await;
    for (address, login, known) in [
        (HERE, "ada", false),
        (HERE, "ada@example.com", true),
        (ELSEWHERE, "ada", false),
        (HERE, "grace", false),
        ("2001:db8::1", "ada", false),
        ("2001:db8::9", "ada", true),
    ] {
        log_in(&from(&app, address), login, PASSWORD).await.expect(200);
        assert_eq!(noted(&app).await, known, "{login} from {address}");
    }
}

#[tokio::test]
async fn a_device_is_known_for_thirty_days_after_each_sign_in() {
    let app = app().await;
    app.user("ada").await;
    let caller = from(&app, HERE);
    let day = Duration::from_hours(24);
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    app.advance(day * 29);
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    assert_eq!(noted(&app).await, true);
    app.advance(day * 29);
    guess_until_refused(&from(&app, ELSEWHERE), "ada").await;
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    assert_eq!(noted(&app).await, true);
    app.advance(day * 30);
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    assert_eq!(noted(&app).await, false);
}

#[tokio::test]
async fn a_failed_sign_in_makes_no_device_known() {
    let app = app().await;
    app.user("ada").await;
    app.execute("DELETE FROM known_devices").await;
    guess_until_refused(&from(&app, ELSEWHERE), "ada").await;
    app.execute("UPDATE accounts SET status = 'disabled'").await;
    app.advance(Duration::from_secs(1));
    log_in(&from(&app, HERE), "ada", PASSWORD).await.problem(403, "account.disabled");
    assert_eq!(app.count(DEVICES).await, 0);
}

#[tokio::test]
async fn the_oldest_of_too_many_devices_is_forgotten() {
    let app = app().await;
    app.user("ada").await;
    for number in 0..102 {
        app.advance(Duration::from_secs(1));
        log_in(&from(&app, &format!("192.0.2.{number}")), "ada", PASSWORD).await.expect(200);
    }
    assert_eq!(app.count(DEVICES).await, 100);
    log_in(&from(&app, "192.0.2.2"), "ada", PASSWORD).await.expect(200);
    assert_eq!(noted(&app).await, true);
    log_in(&from(&app, "192.0.2.1"), "ada", PASSWORD).await.expect(200);
    assert_eq!(noted(&app).await, false);
}

#[tokio::test]
async fn the_database_holds_neither_names_nor_addresses_of_devices_and_guesses() {
    let app = app().await;
    app.user("ada").await;
    log_in(&from(&app, HERE), "ada", PASSWORD).await.expect(200);
    guess_until_refused(&from(&app, ELSEWHERE), "ada").await;
    let of = |table| format!("SELECT * FROM {table}");
    for table in ["known_devices", "password_guesses"] {
        let rows = app.app.db.read(move |reader| {
            Ok(reader.list(&of(table), &[], |row| {
                Ok((0..)
                    .map_while(|column| row.value(column).ok().map(|value| format!("{value:?}")))
                    .collect::<Vec<_>>())
            })?)
        });
        let rows = rows.await.unwrap();
        assert!(!rows.is_empty());
        assert!(
            rows.iter().flatten().all(|value| value.starts_with("Int") || value.starts_with("Blob")),
            "{rows:?}"
        );
    }
}

#[tokio::test]
async fn devices_go_with_their_account() {
    let app = app().await;
    let ada = app.user("ada").await;
    app.user("grace").await;
    log_in(&from(&app, HERE), "ada", PASSWORD).await.expect(200);
    assert_eq!(app.count(DEVICES).await, 3);
    ada.json(Method::DELETE, "/api/v1/account", &json!({ "password": PASSWORD })).await.expect(204);
    app.sweep().await;
    assert_eq!(app.count(DEVICES).await, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
}
