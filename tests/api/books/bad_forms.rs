//! Bodies that are none.

use axum::http::Method;

use super::{BOOKS, FORM, Part, Reader, form, pictures};
use crate::support::TestApp;

#[tokio::test]
async fn malformed_forms_are_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let whole = form(&[Part("title", "", b"Emma"), Part("cover", "", &pictures::png(20, 20))]);
    let table: [(&str, Vec<u8>, &str); 8] = [
        (FORM, Vec::new(), "request.malformed"),
        (FORM, b"no form at all".to_vec(), "request.malformed"),
        (FORM, whole[..whole.len() / 2].to_vec(), "request.malformed"),
        (FORM, whole[..40].to_vec(), "request.malformed"),
        ("multipart/form-data", whole.clone(), "body.malformed"),
        ("multipart/form-data; boundary=", whole.clone(), "request.malformed"),
        ("multipart/form-data; boundary=other", whole.clone(), "request.malformed"),
        (FORM, b"--limit\r\nContent-Disposition: \xFF\xFE\r\n\r\nx\r\n--limit--".to_vec(), "request.invalid"),
    ];
    for (media_type, body, code) in table {
        let said = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let answer = ada.header("content-type", media_type).send(Method::POST, BOOKS, body).await;
        let status = if code == "request.invalid" { 422 } else { 400 };
        assert_eq!(
            (answer.status.as_u16(), answer.json["code"].as_str()),
            (status, Some(code)),
            "{media_type} {said}"
        );
    }
    assert_eq!(app.objects().await.len(), 0);
}

#[tokio::test]
async fn a_wrong_content_type_is_told_what_is_right() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    for media_type in ["text/plain", "image/svg+xml", "application/json", "image", ""] {
        let caller = ada.header("content-type", media_type);
        let answer = caller.send(Method::PUT, &format!("{book}/cover"), pictures::png(2, 2)).await;
        let answer = answer.problem(415, "body.unsupported_media_type");
        assert!(answer.json["detail"].as_str().unwrap().contains("image/png"));
    }
    let caller = ada.header("content-type", "Image/PNG; charset=binary");
    caller.send(Method::PUT, &format!("{book}/cover"), pictures::gif()).await.expect(200);
    let caller = ada.header("content-type", "text/plain");
    caller.send(Method::POST, BOOKS, "{}").await.problem(415, "body.unsupported_media_type");
}

#[tokio::test]
async fn an_empty_part_is_no_picture() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    ada.put_cover(&book, b"").await.problem(422, "cover.undecodable");
    ada.post_form(&[Part("title", "", b"Emma"), Part("category", "", b"horror"), Part("cover", "", b"")])
        .await
        .problem(422, "cover.undecodable");
    let none = ada.header("content-type", FORM).send(Method::PUT, &format!("{book}/cover"), form(&[])).await;
    assert_eq!(none.problem(422, "request.invalid").fields(), ["cover: required"]);
}

#[tokio::test]
async fn too_many_bytes_are_refused_announced_or_not() {
    let app = TestApp::with(|config| config.files.max_upload = bytesize::ByteSize::kib(64)).await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let long = vec![7; 64 * 1024 + 1];
    let cover = format!("{book}/cover");
    let caller = ada.header("content-type", "image/png");
    caller.send(Method::PUT, &cover, long.clone()).await.problem(413, "cover.too_large");
    caller
        .header("content-length", "70000")
        .send(Method::PUT, &cover, "x")
        .await
        .problem(413, "cover.too_large");
    let parts = [Part("title", "", &b"Emma"[..]), Part("category", "", b"horror"), Part("cover", "", &long)];
    ada.post_form(&parts).await.problem(413, "cover.too_large");
    ada.post_form(&[Part("title", "", &long), Part("category", "", b"horror")])
        .await
        .problem(413, "body.too_large");
    ada.post_form(&[Part("other", "", &vec![7; 2 * 1024 * 1024])]).await.problem(413, "body.too_large");
    // A body of JSON keeps its own limit, and a picture may be larger than that.
    let app = TestApp::with(|config| config.server.max_body = bytesize::ByteSize::kib(1)).await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    ada.put_cover(&book, &pictures::png(100, 100)).await.expect(200);
    let body = serde_json::json!({ "title": "x".repeat(2000), "category": "horror" });
    ada.post(BOOKS, &body).await.problem(413, "body.too_large");
}
