//! Seeing why one's sessions ended.

use std::time::Duration;

use serde_json::{Value, json};

use super::forgery::claims_of;
use crate::support::{TestApp, User};

const PATH: &str = "/api/v1/account/sessions";
const DAY: Duration = Duration::from_hours(24);

/// Id, end and reason of the listed sessions.
async fn ended(user: &User) -> Vec<Value> {
    let answer = user.get(&format!("{PATH}?ended=true")).await.expect(200);
    let shown = |item: &Value| json!([item["id"], item["ended_at"], item["end_reason"]]);
    answer.json["items"].as_array().unwrap().iter().map(shown).collect()
}

fn id(user: &User) -> Value {
    claims_of(&user.access_token)["sid"].clone()
}

#[tokio::test]
async fn each_ended_session_says_when_and_why() {
    let app = TestApp::with(|config| config.sessions.lifetime = 35 * DAY).await;
    app.user("grace").await;
    let idle = app.user("ada").await;
    app.advance(Duration::from_secs(1));
    let grows_old = app.sign_in("ada").await;
    app.advance(10 * DAY);
    let grows_old_next =
        grows_old.with_tokens(&app.anonymous().refresh(&grows_old.refresh_token).await.expect(200));
    app.advance(DAY);
    let (left, here) = (app.sign_in("ada").await, app.sign_in("ada").await);
    super::logout::log_out(&app, &left.access_token).await.expect(204);
    assert_eq!(ended(&here).await, [json!([id(&left), "2026-12-02T12:00:01.000Z", "logout"])]);

    app.advance(19 * DAY);
    let (idle_ended, left_ended) = (
        json!([id(&idle), "2026-12-21T12:00:00.000Z", "idle"]),
        json!([id(&left), "2026-12-02T12:00:01.000Z", "logout"]),
    );
    let here = here.with_tokens(&app.anonymous().refresh(&here.refresh_token).await.expect(200));
    assert_eq!(ended(&here).await, [left_ended, idle_ended.clone()]);

    // Thirty days after its end, an end is no longer told, whether or not the sweep has come by.
    app.advance(13 * DAY);
    let here = app.sign_in("ada").await;
    let old_ended = json!([id(&grows_old_next), "2026-12-26T12:00:01.000Z", "expired"]);
    assert_eq!(ended(&here).await, [old_ended.clone(), idle_ended.clone()]);
    app.sweep().await;
    assert_eq!(ended(&here).await, [old_ended, idle_ended]);
}

#[tokio::test]
async fn the_two_lists_share_no_session_and_no_cursor() {
    let app = TestApp::new().await;
    let here = app.user("ada").await;
    for _ in 0..3 {
        let other = app.sign_in("ada").await;
        super::logout::log_out(&app, &other.access_token).await.expect(204);
    }
    app.sign_in("ada").await;
    let live = here.get(&format!("{PATH}?limit=1&total=true&ended=false")).await.expect(200);
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?ended=true&limit=2&total=true"));
    loop {
        let page = here.get(&path).await.expect(200);
        assert_eq!((&page.json["total"], &live.json["total"]), (&json!(3), &json!(2)));
        seen.extend(page.json["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        assert!(page.json["items"].as_array().unwrap().iter().all(|item| item["current"] == false));
        let Value::String(cursor) = &page.json["next_cursor"] else { break };
        here.get(&format!("{PATH}?cursor={cursor}")).await.problem(422, "cursor.invalid");
        path = format!("{PATH}?ended=true&limit=2&total=true&cursor={cursor}");
    }
    assert_eq!(seen.len(), 3);
    assert!(!seen.contains(&live.json["items"][0]["id"]));
    let cursor = live.text_at("next_cursor");
    here.get(&format!("{PATH}?ended=true&cursor={cursor}")).await.problem(422, "cursor.invalid");
    here.get(&format!("{PATH}?ended=perhaps")).await.problem(422, "request.invalid");
}

#[tokio::test]
async fn nobody_elses_ends_are_told() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.sign_in("ada").await);
    super::logout::log_out(&app, &grace.access_token).await.expect(204);
    let stranger = app.user("grace").await;
    assert_eq!(ended(&stranger).await, Vec::<Value>::new());
    assert_eq!(ended(&ada).await.len(), 1);
}
