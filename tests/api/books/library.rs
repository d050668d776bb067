//! Books without their covers: fields, lists, conditions.

use serde_json::json;

use super::{BOOKS, Reader};
use crate::support::TestApp;

#[tokio::test]
async fn a_book_is_made_read_changed_and_deleted() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let body = json!({ "title": "  Dune ", "description": "Sand.\nWorms.", "category": "science" });
    let made = ada.post(BOOKS, &body).await.expect(201);
    let path = made.header("location").to_owned();
    assert_eq!(made.json["title"], "Dune");
    assert!(made.json["cover"].is_null());
    let members: Vec<_> = made.json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["category", "cover", "created_at", "description", "id", "title", "updated_at"]);
    let read = ada.get(&path).await.expect(200);
    assert_eq!((&read.json, read.header("etag")), (&made.json, made.header("etag")));
    app.advance(std::time::Duration::from_secs(1));
    let changed = ada.patch(&path, &json!({ "category": "fantasy", "description": null })).await.expect(200);
    assert_eq!(
        (changed.text_at("category").as_str(), changed.text_at("description").as_str()),
        ("fantasy", "")
    );
    assert_ne!(changed.json["updated_at"], made.json["updated_at"]);
    ada.header("if-match", made.header("etag")).delete(&path).await.problem(412, "precondition.failed");
    ada.header("if-none-match", changed.header("etag")).get(&path).await.expect(304);
    ada.delete(&path).await.expect(204);
    ada.get(&path).await.problem(404, "book.not_found");
}

#[tokio::test]
async fn wrong_fields_are_named_together() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let table = [
        (json!({}), vec!["category: required", "title: required"]),
        (json!({ "title": "", "category": "cooking" }), vec!["category: unknown_value", "title: too_short"]),
        (json!({ "title": 5, "category": null }), vec!["category: required", "title: wrong_type"]),
        (
            json!({ "title": "x".repeat(201), "category": "horror", "description": "x".repeat(10_001) }),
            vec!["description: too_long", "title: too_long"],
        ),
        (
            json!({ "title": "a\nb", "category": "Science", "owner": 1, "cover": {} }),
            vec![
                "category: unknown_value",
                "cover: unknown_field",
                "owner: unknown_field",
                "title: control_character",
            ],
        ),
    ];
    for (body, fields) in table {
        let answer = ada.post(BOOKS, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), fields, "{body}");
    }
    let path = ada.book("Dune").await;
    let answer =
        ada.patch(&path, &json!({ "title": null, "category": "x" })).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["category: unknown_value", "title: required"]);
}

#[tokio::test]
async fn a_title_is_unique_in_one_library_only() {
    let app = TestApp::new().await;
    let (ada, ben) = (app.user("ada").await, app.user("ben").await);
    ada.book("Der Prozeß").await;
    let other = ada.book("Das Schloss").await;
    let body = json!({ "title": "DER PROZESS", "category": "poetry" });
    let answer = ada.post(BOOKS, &body).await.problem(409, "book.title_taken");
    assert_eq!(answer.fields(), ["title: taken"]);
    ada.patch(&other, &json!({ "title": "der prozess" })).await.problem(409, "book.title_taken");
    ada.patch(&other, &json!({ "title": "DAS SCHLOSS" })).await.expect(200);
    ben.post(BOOKS, &body).await.expect(201);
}

#[tokio::test]
async fn the_list_of_categories_is_the_operators() {
    let app = TestApp::with(|config| config.books.categories = vec!["cooking".into(), "a, b".into()]).await;
    let ada = app.user("ada").await;
    let made = ada.post(BOOKS, &json!({ "title": "Soup", "category": "a, b" })).await.expect(201);
    assert_eq!(made.json["category"], "a, b");
    ada.post(BOOKS, &json!({ "title": "Dune", "category": "science" })).await.problem(422, "request.invalid");
}

#[tokio::test]
async fn lists_are_filtered_searched_sorted_and_cut_into_pages() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for (title, category) in
        [("beta", "horror"), ("Alpha", "poetry"), ("gamma", "horror"), ("Delta 100%", "horror")]
    {
        ada.post(BOOKS, &json!({ "title": title, "category": category })).await.expect(201);
        app.advance(std::time::Duration::from_millis(1));
    }
    let titles = |json: &serde_json::Value| -> Vec<String> {
        json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|book| book["title"].as_str().unwrap().to_owned())
            .collect()
    };
    for (query, expected) in [
        ("", &["beta", "Alpha", "gamma", "Delta 100%"][..]),
        ("?sort=-created_at", &["Delta 100%", "gamma", "Alpha", "beta"]),
        ("?sort=title", &["Alpha", "beta", "Delta 100%", "gamma"]),
        ("?category=horror&sort=-title", &["gamma", "Delta 100%", "beta"]),
        ("?category=cooking", &[]),
        ("?q=AL", &["Alpha"]),
        ("?q=0%25", &["Delta 100%"]),
        ("?q=a&category=poetry", &["Alpha"]),
    ] {
        let answer = ada.get(&format!("{BOOKS}{query}")).await.expect(200);
        assert_eq!(titles(&answer.json), expected, "{query}");
    }
    let first = ada.get(&format!("{BOOKS}?category=horror&limit=2&total=true")).await.expect(200);
    assert_eq!((titles(&first.json), &first.json["total"]), (vec!["beta".into(), "gamma".into()], &json!(3)));
    let cursor = first.text_at("next_cursor");
    let second = ada.get(&format!("{BOOKS}?category=horror&limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(titles(&second.json), ["Delta 100%"]);
    assert!(second.json["next_cursor"].is_null());
    ada.get(&format!("{BOOKS}?category=poetry&limit=2&cursor={cursor}")).await.problem(422, "cursor.invalid");
    let answer = ada.get(&format!("{BOOKS}?sort=size&color=red")).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["color: unknown_field", "sort: unknown_value"]);
}
