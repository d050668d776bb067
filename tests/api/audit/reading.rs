//! `GET /audit-events`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp, User};

const PATH: &str = "/api/v1/audit-events";

async fn kinds(admin: &User, query: &str) -> Vec<String> {
    let list = admin.get(&format!("{PATH}?{query}")).await.expect(200);
    list.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn it_tells_who_did_what_when_and_from_where() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let id = admin.account["id"].clone();
    let list = admin.get(&format!("{PATH}?total=true")).await.expect(200).json;
    assert_eq!((list["total"].as_i64(), &list["next_cursor"]), (Some(2), &Value::Null));
    let mut started = list["items"][0].clone();
    let event = started.as_object_mut().unwrap();
    assert_eq!(event.remove("id").unwrap().as_str().unwrap().len(), 36);
    assert_eq!(event["detail"].as_object().unwrap().len(), 2);
    event.remove("detail");
    assert_eq!(
        started,
        json!({
            "at": "2026-11-21T12:00:00.000Z", "kind": "session.started", "actor": id, "account": id,
            "ip": "127.0.0.1",
        })
    );
    let created = &list["items"][1];
    assert_eq!(
        json!([created["actor"], created["ip"], created["detail"]["by"]]),
        json!([null, null, "command line"])
    );
}

#[tokio::test]
async fn it_is_narrowed_by_account_kind_and_time() {
    let app = TestApp::with(|config| config.tokens.access_lifetime = Duration::from_hours(2)).await;
    let admin = app.admin().await;
    app.advance(Duration::from_hours(1));
    let ada = app.user("ada").await;
    let id = ada.account["id"].as_str().unwrap();
    for (query, expected) in [
        (format!("account={id}"), &["session.started", "account.created"][..]),
        (format!("account={id}&kind=account.created"), &["account.created"]),
        ("kind=account.created".into(), &["account.created", "account.created"]),
        ("kind=no.such_kind".into(), &[]),
        ("since=2026-11-21T13:00:00Z".into(), &["session.started", "account.created"]),
        ("until=2026-11-21T13:00:00Z&kind=session.started".into(), &["session.started"]),
        ("since=2026-11-21T13:00:00Z&until=2026-11-21T13:00:00Z".into(), &[]),
    ] {
        assert_eq!(kinds(&admin, &query).await, expected, "{query}");
        let counted = admin.get(&format!("{PATH}?{query}&total=true&limit=1")).await.expect(200);
        assert_eq!(counted.json["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn it_is_read_in_pages_newest_first_while_it_grows() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for _ in 0..5 {
        app.sign_in("admin").await;
    }
    let all = kinds(&admin, "limit=100").await;
    let ids = async |query: &str| {
        let page = admin.get(&format!("{PATH}?{query}")).await.expect(200);
        let items = page.json["items"].as_array().unwrap();
        let ids: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        (ids, page.json["next_cursor"].as_str().map(str::to_owned))
    };
    let (whole, _) = ids("limit=100").await;
    assert_eq!((all.len(), whole.len()), (7, 7));
    let (mut seen, mut cursor) = ids("limit=3").await;
    while let Some(next) = cursor {
        app.sign_in("admin").await;
        let (more, after) = ids(&format!("limit=3&cursor={next}")).await;
        seen.extend(more);
        cursor = after;
    }
    assert_eq!(seen, whole);
    let (_, cursor) = ids("limit=3").await;
    let foreign = format!("{PATH}?limit=3&kind=session.started&cursor={}", cursor.unwrap());
    admin.get(&foreign).await.problem(422, "cursor.invalid");
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for (query, field) in [
        ("account=ada", "account: malformed"),
        ("kind=DROP%20TABLE", "kind: malformed"),
        ("since=yesterday", "since: malformed"),
        ("until=1", "until: malformed"),
        ("ip=127.0.0.1", "ip: unknown_field"),
    ] {
        let answer = admin.get(&format!("{PATH}?{query}")).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), [field], "{query}");
    }
}

/// Whatever people type: no answer of the log holds it.
#[tokio::test]
async fn it_holds_no_secret() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let typed = json!({ "login": PASSWORD, "password": "secret-typed-wrong" });
    app.anonymous().post("/api/v1/auth/login", &typed).await.expect(401);
    let next = "another long enough password";
    let body = json!({ "current_password": PASSWORD, "new_password": next });
    ada.put("/api/v1/account/password", &body).await.expect(204);
    app.settle().await;
    let text = admin.get(&format!("{PATH}?limit=100")).await.expect(200).text;
    for secret in [PASSWORD, next, "secret-typed-wrong", "argon2", &ada.access_token, &ada.refresh_token] {
        assert!(!text.contains(secret), "{secret}");
    }
}
