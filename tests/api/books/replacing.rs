//! Covers that come and go: a new name each time, and nothing of the old.

use serde_json::Value;

use super::{Reader, path, pictures};
use crate::support::TestApp;

fn cover(book: &Value, member: &str) -> String {
    book["cover"][member].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_cover_says_what_it_is() {
    let app = TestApp::with(|config| {
        let sources = portcullis::config::Sources {
            flags: vec![("server.public_url".into(), "https://books.example.org/".into())],
            ..Default::default()
        };
        config.server = portcullis::config::load(sources).unwrap().config.server;
    })
    .await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    for (picture, media_type) in [
        (pictures::jpeg(300, 200), "image/jpeg"),
        (pictures::png(300, 200), "image/png"),
        (pictures::gif(), "image/png"),
        (pictures::webp(), "image/png"),
    ] {
        let answer = ada.put_cover(&book, &picture).await.expect(200);
        let original = ada.get(&format!("{book}/cover?size=original")).await.expect(200);
        let shown = &answer.json["cover"];
        assert_eq!(
            (shown["content_type"].as_str().unwrap(), original.header("content-type")),
            (media_type, media_type)
        );
        assert_eq!(shown["bytes"], original.bytes.len());
        let (width, height) = pictures::size(&original.bytes);
        assert_eq!((&shown["width"], &shown["height"]), (&width.into(), &height.into()));
        // The configured address, whatever the request said.
        for member in ["thumbnail_url", "original_url"] {
            assert!(cover(&answer.json, member).starts_with("https://books.example.org/api/v1/"), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_replaced_cover_is_gone_with_its_address() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let first = ada.put_cover(&book, &pictures::png(300, 200)).await.expect(200);
    let old = cover(&first.json, "thumbnail_url");
    app.anonymous().get(path(&old)).await.expect(200);
    let second = ada.put_cover(&book, &pictures::jpeg(100, 400)).await.expect(200);
    let new = cover(&second.json, "thumbnail_url");
    assert_ne!(old, new);
    assert_ne!(cover(&first.json, "original_url"), cover(&second.json, "original_url"));
    app.wait_for_objects(2).await;
    app.anonymous().get(path(&old)).await.problem(404, "cover.not_found");
    assert_eq!(pictures::size(&app.anonymous().get(path(&new)).await.expect(200).bytes), (38, 150));
    ada.delete(&format!("{book}/cover")).await.expect(204);
    app.wait_for_objects(0).await;
    assert!(ada.get(&book).await.expect(200).json["cover"].is_null());
    ada.get(&format!("{book}/cover")).await.problem(404, "cover.not_found");
    ada.delete(&format!("{book}/cover")).await.problem(404, "cover.not_found");
    app.anonymous().get(path(&new)).await.problem(404, "cover.not_found");
}

#[tokio::test]
async fn a_stale_caller_replaces_nothing_and_leaves_nothing() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let covered = ada.put_cover(&book, &pictures::png(20, 20)).await.expect(200);
    let send = |tag: &str| {
        let caller = ada.header("if-match", tag).header("content-type", "image/png");
        let path = format!("{book}/cover");
        async move { caller.send(axum::http::Method::PUT, &path, pictures::png(30, 30)).await }
    };
    send("\"1\"").await.problem(412, "precondition.failed");
    app.wait_for_objects(2).await;
    send(covered.header("etag")).await.expect(200);
    app.wait_for_objects(2).await;
}

#[tokio::test]
async fn of_two_at_once_one_stands_and_nothing_is_left_of_the_other() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let pictures = [pictures::png(31, 20), pictures::png(32, 20), pictures::png(33, 20)];
    let answers =
        futures_util::future::join_all(pictures.iter().map(|picture| ada.put_cover(&book, picture))).await;
    for answer in answers {
        answer.expect(200);
    }
    app.wait_for_objects(2).await;
    let last = ada.get(&book).await.expect(200);
    let original = ada.get(&format!("{book}/cover")).await.expect(200);
    assert_eq!(last.json["cover"]["bytes"], original.bytes.len());
}

#[tokio::test]
async fn covers_go_with_their_book_and_with_their_account() {
    let app = TestApp::new().await;
    let (ada, ben) = (app.user("ada").await, app.user("ben").await);
    for title in ["Dune", "Emma"] {
        let book = ada.book(title).await;
        ada.put_cover(&book, &pictures::png(20, 20)).await.expect(200);
    }
    let kept = ben.book("Kim").await;
    let kept = ben.put_cover(&kept, &pictures::png(20, 20)).await.expect(200);
    let first = ada.get(super::BOOKS).await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
    ada.delete(&format!("{}/{first}", super::BOOKS)).await.expect(204);
    app.wait_for_objects(4).await;
    let password = serde_json::json!({ "password": crate::support::PASSWORD });
    ada.json(axum::http::Method::DELETE, "/api/v1/account", &password).await.expect(204);
    app.sweep().await;
    app.wait_for_objects(2).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM books").await, 1);
    app.anonymous().get(path(&cover(&kept.json, "thumbnail_url"))).await.expect(200);
}
