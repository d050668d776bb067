//! The delay behind wrong passwords.

use std::time::Duration;

use serde_json::Value;

use super::{WRONG, app_with, from, guess_until_refused, log_in};
use crate::support::{Answer, PASSWORD, TestApp};

const HERE: &str = "192.0.2.1";
const ELSEWHERE: &str = "198.51.100.7";

async fn app() -> TestApp {
    app_with(|config| config.limits.sign_in = "10000/m".parse().unwrap()).await
}

#[tokio::test]
async fn after_five_wrong_passwords_the_delay_doubles_up_to_a_quarter_of_an_hour() {
    let app = app().await;
    app.user("ada").await;
    let caller = from(&app, ELSEWHERE);
    assert_eq!(guess_until_refused(&caller, "ada").await, 5);
    for secs in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        let refused = log_in(&caller, "ada", PASSWORD).await.problem(429, "limits.too_many_attempts");
        assert_eq!(refused.header("retry-after"), secs.to_string());
        app.advance(Duration::from_millis(secs * 1000 - 1));
        log_in(&caller, "ada", PASSWORD).await.expect(429);
        app.advance(Duration::from_millis(1));
        log_in(&caller, "ada", WRONG).await.expect(401);
    }
}

#[tokio::test]
async fn other_addresses_other_spellings_and_other_cases_find_the_same_delay() {
    let app = app().await;
    app.user("ada").await;
    assert_eq!(guess_until_refused(&from(&app, ELSEWHERE), "ada").await, 5);
    for (address, login) in [(HERE, "ADA"), ("203.0.113.9", " ada "), ("2001:db8::1", "Ada")] {
        log_in(&from(&app, address), login, PASSWORD).await.problem(429, "limits.too_many_attempts");
    }
    log_in(&from(&app, ELSEWHERE), "grace", WRONG).await.expect(401);
}

#[tokio::test]
async fn the_right_password_clears_the_account() {
    let app = app().await;
    app.user("ada").await;
    let caller = from(&app, ELSEWHERE);
    for _ in 0..4 {
        log_in(&caller, "ada", WRONG).await.expect(401);
    }
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    assert_eq!(app.count("SELECT COUNT(*) FROM password_guesses").await, 0);
    assert_eq!(guess_until_refused(&caller, "ada").await, 5);
}

#[tokio::test]
async fn a_stranger_cannot_lock_out_a_known_device() {
    let app = app().await;
    app.user("ada").await;
    let (owner, stranger) = (from(&app, HERE), from(&app, ELSEWHERE));
    log_in(&owner, "ada", PASSWORD).await.expect(200);
    for _ in 0..10 {
        guess_until_refused(&stranger, "ada").await;
        log_in(&owner, "ada", PASSWORD).await.expect(200);
        app.advance(Duration::from_mins(1));
    }
    log_in(&stranger, "ada", PASSWORD).await.expect(429);
    // What goes wrong on the known device is its own affair too.
    assert_eq!(guess_until_refused(&owner, "ada").await, 5);
    app.advance(Duration::from_hours(24));
    assert_eq!(guess_until_refused(&owner, "ada").await, 5);
    log_in(&stranger, "ada", WRONG).await.expect(401);
}

#[tokio::test]
async fn known_devices_do_not_lock_out_each_other() {
    let app = app().await;
    app.user("ada").await;
    let devices = [from(&app, HERE), from(&app, "2001:db8:0:1::1")];
    for device in &devices {
        log_in(device, "ada", PASSWORD).await.expect(200);
    }
    guess_until_refused(&devices[0], "ada").await;
    log_in(&devices[0], "ada", PASSWORD).await.expect(429);
    log_in(&devices[1], "ada", PASSWORD).await.expect(200);
    log_in(&from(&app, "2001:db8:0:1:9::9"), "ada", PASSWORD).await.expect(200);
}

/// Statuses, delays and words are the same whether or not there is an account, and whatever its state is.
#[tokio::test]
async fn what_a_stranger_sees_does_not_depend_on_the_account() {
    let app = app().await;
    for name in ["ada", "pia", "dan"] {
        app.user(name).await;
    }
    app.execute("UPDATE accounts SET status = 'pending' WHERE username = 'pia'").await;
    app.execute("UPDATE accounts SET status = 'disabled' WHERE username = 'dan'").await;
    let mut seen = Vec::new();
    for login in ["ada", "pia", "dan", "nobody", "ada@example.com", "nobody@example.com", "no @ddress", "\0"]
    {
        let caller = from(&app, ELSEWHERE);
        let mut story = Vec::new();
        for step in 0..30 {
            if step % 3 == 2 {
                app.advance(Duration::from_secs(step));
            }
            let Answer { status, mut json, headers, .. } = log_in(&caller, login, WRONG).await;
            json["request_id"] = Value::Null;
            story.push((status, headers.get("retry-after").cloned(), json));
        }
        seen.push(story);
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:#?}");
    assert!(seen[0].iter().any(|(status, ..)| *status == 429), "{seen:#?}");
}

#[tokio::test]
async fn a_right_password_of_an_account_that_may_not_sign_in_is_no_guess() {
    let app = app().await;
    app.user("ada").await;
    app.execute("UPDATE accounts SET status = 'disabled'").await;
    for _ in 0..10 {
        log_in(&from(&app, ELSEWHERE), "ada", PASSWORD).await.problem(403, "account.disabled");
        app.settle().await;
    }
}

#[tokio::test]
async fn delays_outlive_a_restart() {
    let app = app().await;
    app.user("ada").await;
    guess_until_refused(&from(&app, ELSEWHERE), "ada").await;
    let app = app.restart().await;
    log_in(&from(&app, ELSEWHERE), "ada", PASSWORD).await.problem(429, "limits.too_many_attempts");
}

#[tokio::test]
async fn attempts_during_a_delay_are_counted_noted_once_and_leave_the_database_alone() {
    let app = app().await;
    let ada = app.user("ada").await;
    let caller = from(&app, ELSEWHERE);
    guess_until_refused(&caller, "ada").await;
    let log = app.audit_log().await;
    let told: Vec<_> =
        log.iter().filter(|event| event.detail["reason"] == "too many wrong passwords").collect();
    assert_eq!((told.len(), told[0].kind.as_str()), (1, "session.refused"));
    assert_eq!(told[0].account.unwrap().to_string(), ada.account["id"]);
    let before = app.rows().await;
    for _ in 0..20 {
        log_in(&caller, "ada", WRONG).await.expect(429);
    }
    assert_eq!(app.rows().await, before);
    assert_eq!(app.app.limits.delayed(), 21);
}
