//! Cursors: every row once, whatever comes and goes meanwhile, and good only for the list that gave them.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Answer, TestApp, User};
use crate::tasks::titles;

fn cursor(list: &Answer) -> Option<String> {
    list.json["next_cursor"].as_str().map(ToOwned::to_owned)
}

async fn page(user: &User, query: &str, cursor: Option<&str>) -> Answer {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    user.get(&format!("/api/v1/tasks?{query}{cursor}")).await.expect(200)
}

/// All titles of a list, page by page.
async fn walk(user: &User, query: &str) -> Vec<String> {
    let (mut seen, mut place) = (Vec::new(), None);
    loop {
        let list = page(user, query, place.as_deref()).await;
        assert!(titles(&list).len() <= 2);
        seen.extend(titles(&list).into_iter().map(ToOwned::to_owned));
        place = cursor(&list);
        if place.is_none() {
            return seen;
        }
    }
}

#[tokio::test]
async fn pages_give_every_row_once_even_where_sort_values_are_equal() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    // All of one moment, and titles that fold to the same key.
    for title in ["same", "SAME", "Same", "other", "sAme", "last", "ſame"] {
        ada.task(title).await;
    }
    let made = ["same", "SAME", "Same", "other", "sAme", "last", "ſame"];
    let by_title = ["last", "other", "same", "SAME", "Same", "sAme", "ſame"];
    let backwards = |titles: [&'static str; 7]| titles.into_iter().rev().collect::<Vec<_>>();
    assert_eq!(walk(&ada, "limit=2").await, made);
    assert_eq!(walk(&ada, "limit=2&sort=-created_at").await, backwards(made));
    assert_eq!(walk(&ada, "limit=2&sort=title").await, by_title);
    assert_eq!(walk(&ada, "limit=2&sort=-title").await, backwards(by_title));
    assert_eq!(walk(&ada, "limit=2&q=same").await, ["same", "SAME", "Same", "sAme", "ſame"]);
    assert_eq!(walk(&ada, "limit=2&completed=true").await, [""; 0]);
}

#[tokio::test]
async fn rows_that_come_and_go_move_nobodys_place() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let mut ids = Vec::new();
    for title in ["b", "d", "f", "h"] {
        ids.push(ada.task(title).await);
    }
    let first = page(&ada, "limit=2&sort=title", None).await;
    assert_eq!(titles(&first), ["b", "d"]);
    for title in ["a", "e", "z"] {
        ada.task(title).await;
    }
    // The row that the cursor stands on, and one still to come.
    for id in [&ids[1], &ids[2]] {
        ada.delete(&format!("/api/v1/tasks/{id}")).await.expect(204);
    }
    let second = page(&ada, "limit=2&sort=title", cursor(&first).as_deref()).await;
    assert_eq!(titles(&second), ["e", "h"]);
    let third = page(&ada, "limit=2&sort=title", cursor(&second).as_deref()).await;
    assert_eq!((titles(&third), cursor(&third)), (vec!["z"], None));
}

#[tokio::test]
async fn a_cursor_may_be_used_again_with_another_page_size() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for title in ["a", "b", "c", "d"] {
        ada.task(title).await;
    }
    let place = cursor(&page(&ada, "limit=1", None).await);
    for (limit, wanted) in [(1, vec!["b"]), (2, vec!["b", "c"]), (100, vec!["b", "c", "d"])] {
        let list = page(&ada, &format!("limit={limit}&total=true"), place.as_deref()).await;
        assert_eq!((titles(&list), list.json["total"].as_i64()), (wanted, Some(4)));
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let app = TestApp::new().await;
    let (ada, bob, admin) = (app.user("ada").await, app.user("bob").await, app.admin().await);
    for user in [&ada, &bob] {
        for title in ["a", "b"] {
            user.task(title).await;
        }
    }
    let place = cursor(&page(&ada, "limit=1&sort=title", None).await).unwrap();
    let wrong =
        |answer: Answer| assert_eq!(answer.problem(422, "cursor.invalid").fields(), ["cursor: invalid"]);
    for query in [
        "",
        "sort=-title",
        "sort=created_at",
        "sort=title&completed=true",
        "sort=title&completed=false",
        "sort=title&q=a",
    ] {
        wrong(ada.get(&format!("/api/v1/tasks?{query}&cursor={place}")).await);
    }
    wrong(bob.get(&format!("/api/v1/tasks?sort=title&cursor={place}")).await);
    wrong(admin.get(&format!("/api/v1/tasks?sort=title&cursor={place}")).await);
    wrong(ada.get(&format!("/api/v1/account/sessions?cursor={place}")).await);
    let owner = ada.account["id"].as_str().unwrap();
    let seen = admin.get(&format!("/api/v1/tasks?sort=title&owner={owner}&cursor={place}")).await.expect(200);
    assert_eq!(titles(&seen), ["b"]);
}

#[tokio::test]
async fn a_forged_cursor_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for title in ["a", "b"] {
        ada.task(title).await;
    }
    let place = cursor(&page(&ada, "limit=1", None).await).unwrap();
    let cut = &place[..place.len() - 1];
    let grown = format!("{place}A");
    let turned: String = place.chars().rev().collect();
    for forged in ["", "x", "AAAA", "%00", "%F0%9F%99%82", "null", &"A".repeat(5000), cut, &grown, &turned] {
        ada.get(&format!("/api/v1/tasks?cursor={forged}")).await.problem(422, "cursor.invalid");
    }
    let twice = ada.get(&format!("/api/v1/tasks?cursor={place}&cursor={place}")).await;
    assert_eq!(twice.problem(422, "request.invalid").fields(), ["cursor: duplicate"]);
}

#[tokio::test]
async fn a_cursor_outlives_a_restart() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for title in ["a", "b"] {
        ada.task(title).await;
    }
    let place = cursor(&page(&ada, "limit=1", None).await);
    let app = app.restart().await;
    app.advance(Duration::from_hours(1));
    let ada = app.sign_in("ada").await;
    let list = page(&ada, "limit=1", place.as_deref()).await;
    assert_eq!((titles(&list), &list.json["next_cursor"]), (vec!["b"], &Value::Null));
}
