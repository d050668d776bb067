//! `?q=`: text in title or description, whatever its case, and nothing in it is a pattern.

use serde_json::json;

use crate::support::TestApp;
use crate::tasks::titles;

#[tokio::test]
async fn a_search_finds_text_anywhere_whatever_its_case() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for (title, description) in
        [("Straße", ""), ("50% off", ""), ("snake_case", ""), ("Wow!", ""), ("Plain", "ÉTÉ in Paris")]
    {
        ada.post("/api/v1/tasks", &json!({ "title": title, "description": description })).await.expect(201);
    }
    let all = ["Straße", "50% off", "snake_case", "Wow!", "Plain"];
    let table: [(&str, &[&str]); 14] = [
        ("STRASSE", &["Straße"]),
        ("tra%C3%9F", &["Straße"]),
        ("%C3%A9t%C3%A9", &["Plain"]),
        ("paris", &["Plain"]),
        ("%25", &["50% off"]),
        ("0%25+o", &["50% off"]),
        ("_", &["snake_case"]),
        ("e_c", &["snake_case"]),
        ("!", &["Wow!"]),
        ("s_a", &[]),
        ("'%20OR%201=1--", &[]),
        ("%5C", &[]),
        ("++plain++", &["Plain"]),
        ("", &all),
    ];
    for (words, wanted) in table {
        let list = ada.get(&format!("/api/v1/tasks?q={words}")).await.expect(200);
        assert_eq!(titles(&list), wanted, "{words}");
    }
}

#[tokio::test]
async fn a_search_follows_changes_of_the_text() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    ada.patch(&path, &json!({ "title": "MILL", "description": "Brass" })).await.expect(200);
    for (words, found) in [("mill", 1), ("brass", 1), ("engine", 0)] {
        assert_eq!(
            titles(&ada.get(&format!("/api/v1/tasks?q={words}")).await.expect(200)).len(),
            found,
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_search_does_not_reach_other_accounts() {
    let app = TestApp::new().await;
    app.user("bob").await.task("Engine").await;
    let list = app.user("ada").await.get("/api/v1/tasks?q=engine&total=true").await.expect(200);
    assert_eq!(list.json, json!({ "items": [], "next_cursor": null, "total": 0 }));
}
