//! Seeing one's sessions.

use std::time::Duration;

use serde_json::{Value, json};

use super::forgery::claims_of;
use crate::support::{Anonymous, TestApp};

const PATH: &str = "/api/v1/account/sessions";

/// A caller behind a proxy on the loopback.
fn behind_proxy(app: &TestApp, address: &str) -> Anonymous {
    app.anonymous().header("x-forwarded-for", address)
}

async fn app_behind_proxy() -> TestApp {
    TestApp::with(|config| config.server.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await
}

#[tokio::test]
async fn the_list_shows_ones_own_live_sessions_newest_first() {
    let app = TestApp::new().await;
    let first = app.user("ada").await;
    app.user("grace").await;
    app.advance(Duration::from_secs(1));
    let ended = app.sign_in("ada").await;
    super::logout::log_out(&app, &ended.access_token).await.expect(204);
    app.advance(Duration::from_secs(1));
    let caller = app.anonymous().header("user-agent", "Analytical Engine/1.0");
    let second = caller.sign_in("ada", crate::support::PASSWORD).await;
    let answer = second.get(&format!("{PATH}?total=true")).await.expect(200);
    let id = |token: &str| claims_of(token)["sid"].clone();
    assert_eq!(
        answer.json,
        json!({
            "items": [
                {
                    "id": id(&second.access_token), "created_at": "2026-11-21T12:00:02.000Z",
                    "last_used_at": "2026-11-21T12:00:02.000Z", "expires_at": "2027-05-20T12:00:02.000Z",
                    "ip": "127.0.0.1", "user_agent": "Analytical Engine/1.0", "repeated_ip": null, "current": true,
                    "ended_at": null, "end_reason": null,
                },
                {
                    "id": id(&first.access_token), "created_at": "2026-11-21T12:00:00.000Z",
                    "last_used_at": "2026-11-21T12:00:00.000Z", "expires_at": "2027-05-20T12:00:00.000Z",
                    "ip": "127.0.0.1", "user_agent": "", "repeated_ip": null, "current": false,
                    "ended_at": null, "end_reason": null,
                },
            ],
            "next_cursor": null, "total": 2,
        })
    );
}

#[tokio::test]
async fn pages_show_every_session_once() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    for _ in 0..4 {
        app.sign_in("ada").await;
    }
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?limit=2"));
    loop {
        let page = user.get(&path).await.expect(200);
        let items = page.json["items"].as_array().unwrap();
        assert!((1..=2).contains(&items.len()));
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Value::String(cursor) = &page.json["next_cursor"] else { break };
        path = format!("{PATH}?limit=2&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (5, &sorted));
}

#[tokio::test]
async fn another_accounts_cursor_and_unknown_parameters_are_refused() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    app.sign_in("ada").await;
    let cursor = ada.get(&format!("{PATH}?limit=1")).await.expect(200).text_at("next_cursor");
    grace.get(&format!("{PATH}?cursor={cursor}")).await.problem(422, "cursor.invalid");
    for query in ["limit=0", "limit=101", "limit=x", "total=perhaps", "account=grace"] {
        ada.get(&format!("{PATH}?{query}")).await.problem(422, "request.invalid");
    }
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let mut seen = Vec::new();
    for seconds in [59, 1, 30, 60] {
        app.advance(Duration::from_secs(seconds));
        user.get("/api/v1/account").await.expect(200);
        app.settle().await;
        seen.push(
            user.get(PATH).await.expect(200).json["items"][0]["last_used_at"].as_str().unwrap()[11..19]
                .to_owned(),
        );
    }
    assert_eq!(seen, ["12:00:00", "12:01:00", "12:01:00", "12:02:30"]);
}

#[tokio::test]
async fn a_repetition_from_another_address_is_shown_and_audited() {
    let app = app_behind_proxy().await;
    app.user("ada").await;
    let (home, abroad) = (behind_proxy(&app, "203.0.113.7"), behind_proxy(&app, "198.51.100.9"));
    let user = home.sign_in("ada", crate::support::PASSWORD).await;
    let next = user.with_tokens(&home.refresh(&user.refresh_token).await.expect(200));
    home.refresh(&user.refresh_token).await.expect(200);
    let shown = |answer: crate::support::Answer| {
        let items = answer.json["items"].as_array().unwrap().clone();
        let own = items.into_iter().find(|item| item["current"] == true).unwrap();
        (own["ip"].clone(), own["repeated_ip"].clone())
    };
    assert_eq!(shown(next.get(PATH).await), (json!("203.0.113.7"), Value::Null));
    for _ in 0..2 {
        abroad.refresh(&user.refresh_token).await.expect(200);
    }
    assert_eq!(shown(next.get(PATH).await), (json!("203.0.113.7"), json!("198.51.100.9")));
    let log = app.audit_log().await;
    let repeated: Vec<_> = log.iter().filter(|event| event.kind == "session.repeated_elsewhere").collect();
    assert_eq!(repeated.len(), 1, "noted once an address");
    assert_eq!(repeated[0].ip.as_deref(), Some("198.51.100.9"));
    assert_eq!(repeated[0].account.unwrap().to_string(), user.account["id"]);
}

/// Without a trusted proxy, a header cannot hide or blame anybody.
#[tokio::test]
async fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    let app = TestApp::new().await;
    app.user("ada").await;
    let user = behind_proxy(&app, "203.0.113.7").sign_in("ada", crate::support::PASSWORD).await;
    let items = user.get(PATH).await.expect(200).json["items"].clone();
    assert!(items.as_array().unwrap().iter().all(|item| item["ip"] == "127.0.0.1"));
}
