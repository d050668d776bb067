//! Books and covers as forms.

use axum::http::Method;

use super::{BOOKS, FORM, Part, Reader, form, pictures};
use crate::support::TestApp;

#[tokio::test]
async fn a_book_comes_with_its_cover_in_one_form() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let picture = pictures::jpeg(400, 300);
    for (title, file_name) in [
        ("With a name", "; filename=\"cover.gif\"\r\nContent-Type: text/html"),
        ("Without", ""),
        ("With a path", "; filename=\"../../../etc/passwd\""),
        ("With an odd one", "; filename=\"a\u{0}b;c'.png\""),
    ] {
        let parts = [
            Part("title", "", title.as_bytes()),
            Part("cover", file_name, &picture),
            Part("category", "", b"picture book"),
            Part("description", "; filename=\"x\"", "Zeile\nZwei ü".as_bytes()),
        ];
        let made = ada.post_form(&parts).await;
        if title == "With an odd one" {
            // A header with a zero byte is none.
            made.problem(400, "body.malformed");
            continue;
        }
        let made = made.expect(201);
        assert_eq!(
            (made.text_at("title").as_str(), made.text_at("description").as_str()),
            (title, "Zeile\nZwei ü")
        );
        assert_eq!(made.json["cover"]["content_type"], "image/jpeg");
        assert_eq!(ada.get(made.header("location")).await.expect(200).json, made.json);
    }
    assert!(app.objects().await.iter().all(|name| !name.contains("passwd") && !name.contains("..")));
    app.wait_for_objects(6).await;
}

#[tokio::test]
async fn a_form_need_have_no_picture() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let made =
        ada.post_form(&[Part("title", "", b"Emma"), Part("category", "", b"romance")]).await.expect(201);
    assert!(made.json["cover"].is_null());
    // What browsers send of a file field in which nothing was chosen.
    let nothing = Part("cover", "; filename=\"\"\r\nContent-Type: application/octet-stream", b"");
    let parts = [Part("title", "", b"Persuasion"), Part("category", "", b"romance"), nothing];
    assert!(ada.post_form(&parts).await.expect(201).json["cover"].is_null());
    let body = form(&[Part("cover", "; filename=\"\"", b"")]);
    let caller = ada.header("content-type", FORM);
    let answer = caller.send(Method::PUT, &format!("{}/cover", made.header("location")), body).await;
    assert_eq!(answer.problem(422, "request.invalid").fields(), ["cover: required"]);
}

#[tokio::test]
async fn a_cover_may_be_a_form_of_its_own() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let body = form(&[Part("cover", "; filename=\"x.txt\"", &pictures::webp())]);
    let caller = ada.header("content-type", FORM);
    let answer = caller.send(Method::PUT, &format!("{book}/cover"), body).await.expect(200);
    assert_eq!(answer.json["cover"]["width"], 40);
}

#[tokio::test]
async fn what_is_wrong_with_a_form_leaves_no_book_and_no_file() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let picture = pictures::png(20, 20);
    let answer = ada
        .post_form(&[
            Part("title", "", b"\xFF"),
            Part("category", "", b"cooking"),
            Part("cover", "", &picture),
            Part("cover", "", &picture),
            Part("owner", "", b"me"),
            Part("category", "", b"horror"),
        ])
        .await
        .problem(422, "request.invalid");
    assert_eq!(
        answer.fields(),
        [
            "category: duplicate",
            "category: unknown_value",
            "cover: duplicate",
            "owner: unknown_field",
            "title: wrong_type"
        ]
    );
    ada.book("Dune").await;
    let taken =
        [Part("title", "", &b"dune"[..]), Part("category", "", b"horror"), Part("cover", "", &picture)];
    ada.post_form(&taken).await.problem(409, "book.title_taken");
    app.wait_for_objects(0).await;
    assert_eq!(app.count("SELECT COUNT(*) FROM books").await, 1);
    assert_eq!(ada.get(&format!("{BOOKS}?total=true")).await.expect(200).json["total"], 1);
}

#[tokio::test]
async fn lines_end_as_in_json() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let parts = [
        Part("title", "", &b"Emma"[..]),
        Part("category", "", b"romance"),
        Part("description", "", b"as a\r\nbrowser\r\nsends it"),
    ];
    assert_eq!(ada.post_form(&parts).await.expect(201).text_at("description"), "as a\nbrowser\nsends it");
}
