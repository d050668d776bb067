//! Whose books they are.

use axum::http::Method;
use serde_json::json;

use super::{BOOKS, Reader, path, pictures};
use crate::support::TestApp;

#[tokio::test]
async fn anothers_book_is_not_there() {
    let app = TestApp::new().await;
    let (ada, ben, admin) = (app.user("ada").await, app.user("ben").await, app.admin().await);
    let book = ada.book("Dune").await;
    ada.put_cover(&book, &pictures::png(200, 200)).await.expect(200);
    for stranger in [&ben, &admin] {
        for id in [book.clone(), format!("{BOOKS}/nonsense")] {
            stranger.get(&id).await.problem(404, "book.not_found");
            stranger.patch(&id, &json!({ "title": "Mine" })).await.problem(404, "book.not_found");
            stranger.delete(&id).await.problem(404, "book.not_found");
            stranger.get(&format!("{id}/cover")).await.problem(404, "book.not_found");
            stranger.delete(&format!("{id}/cover")).await.problem(404, "book.not_found");
            stranger.put_cover(&id, &pictures::png(2, 2)).await.problem(404, "book.not_found");
        }
    }
    assert_eq!(ada.get(&book).await.expect(200).json["title"], "Dune");
    ada.get(&format!("{book}/cover")).await.expect(200);
}

#[tokio::test]
async fn administrators_may_list_and_nobody_else() {
    let app = TestApp::new().await;
    let (ada, ben, admin) = (app.user("ada").await, app.user("ben").await, app.admin().await);
    ada.book("Dune").await;
    let list = format!("{BOOKS}?owner={}", ada.account["id"].as_str().unwrap());
    assert_eq!(admin.get(&list).await.expect(200).json["items"][0]["title"], "Dune");
    ada.get(&list).await.expect(200);
    ben.get(&list).await.problem(403, "auth.forbidden");
    assert_eq!(admin.get(BOOKS).await.expect(200).json["items"], json!([]));
}

#[tokio::test]
async fn nobody_is_asked_for_a_token_but_for_thumbnails() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let covered = ada.put_cover(&book, &pictures::png(200, 200)).await.expect(200);
    let nobody = app.anonymous();
    for (method, path) in [
        (Method::GET, BOOKS.to_owned()),
        (Method::POST, BOOKS.to_owned()),
        (Method::GET, book.clone()),
        (Method::PATCH, book.clone()),
        (Method::DELETE, book.clone()),
        (Method::GET, format!("{book}/cover")),
        (Method::PUT, format!("{book}/cover")),
        (Method::DELETE, format!("{book}/cover")),
    ] {
        nobody.send(method, &path, "").await.problem(401, "auth.missing_token");
    }
    let thumbnail = covered.json["cover"]["thumbnail_url"].as_str().unwrap();
    nobody.get(path(thumbnail)).await.expect(200);
    for other in ["0123456789abcdef0123456789abcdef.jpg", "0.jpg", "..%2f..%2fportcullis.db", "%2e%2e"] {
        nobody.get(&format!("/api/v1/covers/{other}")).await.problem(404, "cover.not_found");
    }
}

#[tokio::test]
async fn the_name_of_the_original_opens_nothing() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let tag = ada.put_cover(&book, &pictures::png(200, 200)).await.expect(200);
    let original = ada.get(&format!("{book}/cover")).await.expect(200);
    assert_ne!(original.header("etag"), tag.header("etag"));
    let name = format!("{}.png", original.header("etag").trim_matches('"'));
    app.anonymous().get(&format!("/api/v1/covers/{name}")).await.problem(404, "cover.not_found");
}
