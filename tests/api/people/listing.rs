//! Finding people.

use std::time::Duration;

use serde_json::json;

use super::{NOBODY, USERS, at, id_of, made};
use crate::support::{Answer, PASSWORD, TestApp};

fn names(list: &Answer) -> Vec<&str> {
    let items = list.json["items"].as_array().unwrap();
    items.iter().map(|item| item["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn people_are_listed_in_pages_in_the_order_of_their_making() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for name in ["ada", "bob", "cleo", "dora"] {
        app.advance(Duration::from_secs(1));
        made(&admin, name, "user", "active").await;
    }
    for (sort, expected) in [
        ("created_at", ["admin", "ada", "bob", "cleo", "dora"]),
        ("-created_at", ["dora", "cleo", "bob", "ada", "admin"]),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                admin.get(&format!("{USERS}?sort={sort}&limit=2&total=true{cursor}")).await.expect(200);
            assert_eq!(page.json["total"], 5);
            seen.extend(names(&page).into_iter().map(str::to_owned));
            match page.json["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected);
    }
}

#[tokio::test]
async fn people_are_found_by_status_role_and_words() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let body = json!({ "username": "ada", "name": "Ada STRASSE", "email": "Countess@example.com", "password": PASSWORD });
    admin.post(USERS, &body).await.expect(201);
    made(&admin, "bob", "approver", "active").await;
    made(&admin, "cleo_100%", "user", "pending").await;
    made(&admin, "dora", "user", "disabled").await;
    for (query, expected) in [
        ("status=pending", &["cleo_100%"][..]),
        ("status=active", &["admin", "ada", "bob"]),
        ("status=disabled", &["dora"]),
        ("role=admin", &["admin"]),
        ("role=user&status=active", &["ada"]),
        ("q=Stra%C3%9Fe", &["ada"]),
        ("q=OB", &["bob"]),
        ("q=count", &["ada"]),
        ("q=example", &[]),
        ("q=_100%25", &["cleo_100%"]),
        ("q=a_a", &[]),
        ("q=+", &["admin", "ada", "bob", "cleo_100%", "dora"]),
        ("q=d&role=user", &["ada", "dora"]),
    ] {
        let list = admin.get(&format!("{USERS}?{query}")).await.expect(200);
        assert_eq!(names(&list), expected, "{query}");
        let counted = admin.get(&format!("{USERS}?{query}&total=true&limit=1")).await.expect(200);
        assert_eq!(counted.json["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for (query, fields) in [
        ("status=gone", &["status: unknown_value"][..]),
        ("role=king&sort=name", &["role: unknown_value", "sort: unknown_value"]),
        ("password_hash=x", &["password_hash: unknown_field"]),
        ("limit=0", &["limit: out_of_range"]),
    ] {
        let answer = admin.get(&format!("{USERS}?{query}")).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), fields);
    }
    made(&admin, "ada", "user", "active").await;
    let page = admin.get(&format!("{USERS}?limit=1")).await.expect(200);
    let foreign = format!("{USERS}?limit=1&role=user&cursor={}", page.text_at("next_cursor"));
    admin.get(&foreign).await.problem(422, "cursor.invalid");
}

#[tokio::test]
async fn only_administrators_see_what_is_theirs_to_know() {
    let app = TestApp::new().await;
    let (admin, approver) = (app.admin().await, app.approver().await);
    let id = made(&admin, "ada", "user", "active").await;
    admin.post(&format!("{}/disable", at(&id)), &json!({ "reason": "spam" })).await.expect(200);
    let administrative = ["last_login_at", "disabled_reason", "disabled_until"];
    for (caller, shown) in [(&admin, true), (&approver, false)] {
        let one = caller.get(&at(&id)).await.expect(200).json;
        let list = caller.get(&format!("{USERS}?q=ada")).await.expect(200).json["items"][0].clone();
        assert_eq!(one, list);
        assert_eq!(one["status"], "disabled");
        for field in administrative {
            assert_eq!(one.get(field).is_some(), shown, "{field}: {one}");
        }
    }
    assert_eq!(admin.get(&at(&id)).await.expect(200).json["disabled_reason"], "spam");
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_found() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for id in [NOBODY, "1", "x", "%20"] {
        admin.get(&at(id)).await.problem(404, "account.not_found");
    }
}

#[tokio::test]
async fn a_copy_is_unchanged_until_something_that_it_shows_changes() {
    let app = TestApp::new().await;
    let (admin, ada) = (app.admin().await, app.user("ada").await);
    let path = at(&id_of(&ada));
    let unchanged =
        async |tag: &str| admin.header("if-none-match", tag).get(&path).await.status.as_u16() == 304;
    let tag = async || admin.get(&path).await.expect(200).header("etag").to_owned();
    let first = tag().await;
    assert!(unchanged(&first).await);
    app.advance(Duration::from_mins(1));
    app.sign_in("ada").await;
    assert!(!unchanged(&first).await, "last_login_at has moved");
    let body = json!({ "until": "2026-11-21T13:00:00Z" });
    admin.post(&format!("{path}/disable"), &body).await.expect(200);
    let disabled = tag().await;
    assert!(unchanged(&disabled).await);
    app.advance(Duration::from_hours(1));
    assert!(!unchanged(&disabled).await, "the status is active again");
}
