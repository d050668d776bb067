//! What keeps strangers out.

mod addresses;
mod at_once;
mod confirmations;
mod devices;
mod guesses;
mod sweeping;

use portcullis::config::Config;
use serde_json::json;

use crate::support::{Anonymous, Answer, TestApp};

const LOGIN: &str = "/api/v1/auth/login";
const WRONG: &str = "wrong password of somebody";

/// With limits, and callers who say where they come from.
async fn app_with(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.limits.enabled = true;
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        change(config);
    })
    .await
}

fn from(app: &TestApp, address: &str) -> Anonymous {
    app.anonymous().header("x-forwarded-for", address)
}

async fn log_in(caller: &Anonymous, login: &str, password: &str) -> Answer {
    caller.post(LOGIN, &json!({ "login": login, "password": password })).await
}

/// Tries wrong passwords until a delay runs; how many there were.
async fn guess_until_refused(caller: &Anonymous, login: &str) -> usize {
    for attempts in 0..100 {
        let answer = log_in(caller, login, WRONG).await;
        if answer.status == 429 {
            answer.problem(429, "limits.too_many_attempts");
            return attempts;
        }
        answer.problem(401, "auth.invalid_credentials");
    }
    panic!("a hundred wrong passwords and no delay");
}
