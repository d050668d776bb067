//! Limits for each client address.

use std::time::Duration;

use portcullis::security::Door;
use serde_json::json;

use super::{WRONG, app_with, from, log_in};
use crate::support::{Anonymous, Answer, PASSWORD, TestApp};

async fn register(caller: &Anonymous, name: &str) -> Answer {
    caller.post("/api/v1/auth/register", &json!({ "username": name, "password": PASSWORD })).await
}

#[tokio::test]
async fn one_address_signs_in_so_often_and_the_wait_it_is_told_is_true() {
    let app = app_with(|config| config.limits.sign_in = "3/m".parse().unwrap()).await;
    app.user("ada").await;
    let caller = from(&app, "192.0.2.1");
    for name in ["one", "two", "three"] {
        log_in(&caller, name, WRONG).await.problem(401, "auth.invalid_credentials");
    }
    let refused = log_in(&caller, "ada", PASSWORD).await.problem(429, "limits.too_many_requests");
    assert_eq!(refused.header("retry-after"), "20");
    log_in(&from(&app, "192.0.2.2"), "ada", PASSWORD).await.expect(200);
    app.advance(Duration::from_millis(19_500));
    assert_eq!(log_in(&caller, "ada", PASSWORD).await.expect(429).header("retry-after"), "1");
    app.advance(Duration::from_millis(500));
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    log_in(&caller, "ada", PASSWORD).await.expect(429);
}

#[tokio::test]
async fn an_ipv6_client_is_its_whole_64() {
    let app = app_with(|config| config.limits.sign_in = "2/m".parse().unwrap()).await;
    for (address, status) in [
        ("2001:db8:0:1::1", 401),
        ("2001:db8:0:1::2", 401),
        ("2001:db8:0:1:ffff:ffff:ffff:ffff", 429),
        ("2001:db8:0:2::1", 401),
        ("::ffff:192.0.2.1", 401),
        ("192.0.2.1", 401),
        ("192.0.2.1", 429),
    ] {
        log_in(&from(&app, address), "nobody", WRONG).await.expect(status);
    }
}

#[tokio::test]
async fn a_stranger_cannot_choose_an_address() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.limits.sign_in = "2/m".parse().unwrap();
    })
    .await;
    for (number, status) in [(1, 401), (2, 401), (3, 429), (4, 429)] {
        log_in(&from(&app, &format!("192.0.2.{number}")), "nobody", WRONG).await.expect(status);
    }
}

#[tokio::test]
async fn each_door_counts_for_itself_and_does_nothing_for_those_it_refuses() {
    let app = app_with(|config| {
        config.limits.sign_in = "2/h".parse().unwrap();
        config.limits.registration = "2/h".parse().unwrap();
        config.limits.refresh = "2/h".parse().unwrap();
        config.limits.mail = "2/h".parse().unwrap();
    })
    .await;
    let caller = from(&app, "192.0.2.1");
    register(&caller, "ada").await.expect(201);
    register(&caller, "grace").await.expect(201);
    let forget = async || {
        let body = json!({ "email": "ada@example.com" });
        caller.post("/api/v1/auth/password/forgot", &body).await
    };
    for _ in 0..2 {
        forget().await.expect(202);
    }
    log_in(&caller, "ada", PASSWORD).await.expect(200);
    let ada = caller.sign_in("ada", PASSWORD).await;
    caller.refresh("no token").await.expect(401);
    let ada = ada.with_tokens(&caller.refresh(&ada.refresh_token).await.expect(200));
    let told = |answer: Answer| {
        let answer = answer.problem(429, "limits.too_many_requests");
        assert_eq!(answer.header("retry-after"), "1800");
    };
    let before = app.count("SELECT COUNT(*) FROM sessions").await;
    told(register(&caller, "eve").await);
    told(log_in(&caller, "ada", PASSWORD).await);
    told(caller.refresh(&ada.refresh_token).await);
    told(forget().await);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 2);
    assert_eq!(app.count("SELECT COUNT(*) FROM sessions").await, before);
    for door in Door::ALL {
        assert_eq!(app.app.limits.refused(door), 1, "{door:?}");
    }
    ada.get("/api/v1/account").await.expect(200);
    from(&app, "192.0.2.2").refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn refusals_are_counted_and_noted_once_for_a_while() {
    let app = app_with(|config| config.limits.sign_in = "1/d".parse().unwrap()).await;
    let noted = async || app.audit_kinds().await.iter().filter(|kind| *kind == "requests.limited").count();
    let caller = from(&app, "192.0.2.1");
    for _ in 0..20 {
        log_in(&caller, "nobody", WRONG).await;
    }
    assert_eq!(app.app.limits.refused(Door::SignIn), 19);
    assert_eq!(noted().await, 1);
    // Nobody waits for refusals, so that on a server their order is not that of the requests.
    let log = app.audit_log().await;
    let event = log.iter().find(|event| event.kind == "requests.limited").unwrap();
    assert_eq!((event.ip.as_deref(), event.account), (Some("192.0.2.1"), None));
    assert_eq!(event.detail, json!({ "door": "sign_in" }));
    let other = from(&app, "192.0.2.2");
    for _ in 0..2 {
        log_in(&other, "nobody", WRONG).await;
    }
    assert_eq!(noted().await, 2);
    app.advance(Duration::from_mins(10));
    log_in(&caller, "nobody", WRONG).await.expect(429);
    assert_eq!(noted().await, 3);
}

#[tokio::test]
async fn switched_off_nothing_is_counted_anywhere() {
    let app = app_with(|config| {
        config.limits.enabled = false;
        config.limits.sign_in = "1/d".parse().unwrap();
    })
    .await;
    let ada = app.user("ada").await;
    for _ in 0..20 {
        log_in(&app.anonymous(), "ada", WRONG).await.problem(401, "auth.invalid_credentials");
        let body = json!({ "current_password": WRONG, "new_password": "another long enough password" });
        ada.put("/api/v1/account/password", &body).await.problem(403, "account.wrong_password");
    }
    app.sign_in("ada").await;
    assert_eq!(app.count("SELECT COUNT(*) FROM password_guesses").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM known_devices").await, 0);
}
