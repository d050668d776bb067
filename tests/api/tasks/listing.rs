//! Lists of tasks: filters, orders, sizes and totals.

use std::time::Duration;

use serde_json::json;

use crate::support::{TestApp, User};
use crate::tasks::titles;

/// Tasks a minute apart, so that their order by time is not the one by title; "B" is completed.
async fn three_tasks(app: &TestApp, user: &User) {
    for (title, completed) in [("c", false), ("B", true), ("a", false)] {
        user.post("/api/v1/tasks", &json!({ "title": title, "completed": completed })).await.expect(201);
        app.advance(Duration::from_mins(1));
    }
}

#[tokio::test]
async fn a_list_is_filtered_and_sorted_as_asked() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    three_tasks(&app, &ada).await;
    let table: [(&str, &[&str]); 9] = [
        ("", &["c", "B", "a"]),
        ("sort=created_at", &["c", "B", "a"]),
        ("sort=-created_at", &["a", "B", "c"]),
        ("sort=title", &["a", "B", "c"]),
        ("sort=-title", &["c", "B", "a"]),
        ("completed=true", &["B"]),
        ("completed=false", &["c", "a"]),
        ("completed=false&sort=title", &["a", "c"]),
        ("completed=true&q=a", &[]),
    ];
    for (query, wanted) in table {
        let list = ada.get(&format!("/api/v1/tasks?{query}")).await.expect(200);
        assert_eq!(titles(&list), wanted, "{query}");
        assert!(list.json["next_cursor"].is_null() && list.json.get("total").is_none(), "{query}");
    }
}

#[tokio::test]
async fn wrong_parameters_are_named_one_by_one() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let long = format!("q={}", "x".repeat(201));
    let table: [(&str, &[&str]); 17] = [
        ("limit=0", &["limit: out_of_range"]),
        ("limit=101", &["limit: out_of_range"]),
        ("limit=-1", &["limit: out_of_range"]),
        ("limit=%2B5", &["limit: out_of_range"]),
        ("limit=", &["limit: out_of_range"]),
        ("limit=ten", &["limit: out_of_range"]),
        ("limit=99999999999999999999", &["limit: out_of_range"]),
        ("completed=yes", &["completed: wrong_type"]),
        ("completed=", &["completed: wrong_type"]),
        ("total=1", &["total: wrong_type"]),
        ("sort=due_at", &["sort: unknown_value"]),
        ("sort=-", &["sort: unknown_value"]),
        (&long, &["q: too_long"]),
        ("q=a%00b", &["q: control_character"]),
        ("offset=3", &["offset: unknown_field"]),
        ("limit=1&limit=2", &["limit: duplicate"]),
        (
            "limit=0&sort=x&page=2&page=3",
            &["limit: out_of_range", "page: duplicate", "page: unknown_field", "sort: unknown_value"],
        ),
    ];
    for (query, wanted) in table {
        let answer = ada.get(&format!("/api/v1/tasks?{query}")).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), wanted, "{query}");
    }
}

#[tokio::test]
async fn a_page_has_twenty_items_unless_another_size_is_asked() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for number in 0..101 {
        ada.task(&number.to_string()).await;
    }
    for (query, items, more) in
        [("", 20, true), ("limit=1", 1, true), ("limit=100", 100, true), ("q=7&limit=100", 19, false)]
    {
        let list = ada.get(&format!("/api/v1/tasks?{query}")).await.expect(200);
        assert_eq!((titles(&list).len(), list.json["next_cursor"].is_string()), (items, more), "{query}");
    }
}

#[tokio::test]
async fn a_total_counts_what_matches_on_all_pages() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.user("bob").await.task("Somebody else's").await;
    three_tasks(&app, &ada).await;
    for (query, total) in [("", 3), ("&completed=false", 2), ("&q=b", 1), ("&q=nothing", 0)] {
        let list = ada.get(&format!("/api/v1/tasks?total=true&limit=1{query}")).await.expect(200);
        assert_eq!(list.json["total"], total, "{query}");
    }
    let unasked = ada.get("/api/v1/tasks?total=false").await.expect(200);
    assert!(unasked.json.get("total").is_none());
}
