//! `Idempotency-Key`, for JSON and for forms.

use axum::http::Method;
use serde_json::json;

use super::{BOOKS, FORM, Part, form, pictures};
use crate::support::TestApp;

#[tokio::test]
async fn json_is_made_once() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let caller = ada.header("idempotency-key", "k1");
    let body = json!({ "title": "Dune", "category": "science" });
    let first = caller.post(BOOKS, &body).await.expect(201);
    let again = caller.post(BOOKS, &body).await.expect(201);
    assert_eq!(
        (first.text.clone(), first.header("etag").to_owned()),
        (again.text.clone(), again.header("etag").to_owned())
    );
    let other = json!({ "title": "Emma", "category": "science" });
    caller.post(BOOKS, &other).await.problem(422, "idempotency_key.reused");
    // Another caller's key is another one, and without a key the title is taken.
    app.user("ben").await.header("idempotency-key", "k1").post(BOOKS, &other).await.expect(201);
    ada.post(BOOKS, &body).await.problem(409, "book.title_taken");
}

#[tokio::test]
async fn a_form_is_made_once_however_its_parts_are_separated() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let picture = pictures::png(60, 60);
    let parts =
        [Part("title", "", &b"Dune"[..]), Part("category", "", b"science"), Part("cover", "", &picture)];
    let keyed = ada.header("idempotency-key", "k1");
    let first = keyed.header("content-type", FORM).send(Method::POST, BOOKS, form(&parts)).await.expect(201);
    let separated = String::from_utf8_lossy(b"multipart/form-data; boundary=edges").into_owned();
    let mut other = Vec::new();
    for piece in form(&parts).split(|byte| *byte == b'-') {
        other.push(
            piece.strip_prefix(b"limit").map_or_else(|| piece.to_vec(), |rest| [b"edges", rest].concat()),
        );
    }
    let again = keyed
        .header("content-type", &separated)
        .send(Method::POST, BOOKS, other.join(&b'-'))
        .await
        .expect(201);
    assert_eq!(first.text, again.text);
    // The picture of the repetition is one too many.
    app.wait_for_objects(2).await;
    let changed =
        [Part("title", "", &b"Dune"[..]), Part("category", "", b"science"), Part("cover", "", b"GIF87a")];
    let refused = keyed.header("content-type", FORM).send(Method::POST, BOOKS, form(&changed)).await;
    refused.problem(422, "cover.undecodable");
    let other_picture = pictures::png(61, 60);
    let changed = [
        Part("title", "", &b"Dune"[..]),
        Part("category", "", b"science"),
        Part("cover", "", &other_picture),
    ];
    let refused = keyed.header("content-type", FORM).send(Method::POST, BOOKS, form(&changed)).await;
    refused.problem(422, "idempotency_key.reused");
    app.wait_for_objects(2).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM books").await, 1);
}

#[tokio::test]
async fn of_many_at_once_one_is_made() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let picture = pictures::png(60, 60);
    let parts =
        [Part("title", "", &b"Dune"[..]), Part("category", "", b"science"), Part("cover", "", &picture)];
    let caller = ada.header("idempotency-key", "k1").header("content-type", FORM);
    let answers =
        futures_util::future::join_all((0..5).map(|_| caller.send(Method::POST, BOOKS, form(&parts)))).await;
    let texts: std::collections::HashSet<_> =
        answers.into_iter().map(|answer| answer.expect(201).text).collect();
    assert_eq!(texts.len(), 1);
    app.wait_for_objects(2).await;
}
