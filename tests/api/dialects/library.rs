//! What `book_library` does with pictures, and what holds between it and the other doors.

use axum::http::Method;
use serde_json::{Value, json};

use super::speak;
use crate::books::{FORM, Part, form, path, pictures};
use crate::support::{Answer, PASSWORD, TestApp, User};

const COVER: &str = "; filename=\"cover.png\"";

async fn library() -> TestApp {
    TestApp::with(|config| speak(config, &[("book_library", "/")])).await
}

async fn send(caller: &User, method: Method, path: &str, parts: &[Part<'_>]) -> Answer {
    caller.header("content-type", FORM).send(method, path, form(parts)).await
}

async fn make(caller: &User, title: &str) -> Value {
    let picture = pictures::png(400, 300);
    let parts = [
        Part("title", "", title.as_bytes()),
        Part("category", "", b"peotry"),
        Part("cover_image", COVER, &picture),
    ];
    let made = send(caller, Method::POST, "/books/", &parts).await.expect(201);
    made.json["data"].clone()
}

fn image(book: &Value) -> &str {
    path(book["image_url"].as_str().unwrap())
}

#[tokio::test]
async fn one_library_at_both_doors() {
    let app = library().await;
    let ada = app.user("ada").await;
    let made = make(&ada, "Sonnets").await;
    let thumbnail = app.anonymous().get(image(&made)).await.expect(200);
    assert_eq!(pictures::size(&thumbnail.bytes), (150, 113));
    let ours = ada.get("/api/v1/books").await.expect(200).json["items"][0].clone();
    assert_eq!((&ours["title"], &ours["category"]), (&json!("Sonnets"), &json!("poetry")));
    assert_eq!(ours["cover"]["thumbnail_url"], made["image_url"]);
    let bare = json!({ "title": "Bare", "category": "horror" });
    ada.post("/api/v1/books", &bare).await.expect(201);
    let listed = ada.get("/books/").await.expect(200).json["data"].clone();
    assert_eq!((&listed[0], &listed[1]["title"]), (&made, &json!("Bare")));
    assert!(listed[1]["image_url"].is_null());
}

#[tokio::test]
async fn a_book_that_is_refused_leaves_no_picture_and_one_that_changes_leaves_none_behind() {
    let app = library().await;
    let ada = app.user("ada").await;
    let made = make(&ada, "Sonnets").await;
    let book = format!("/books/{}", made["_id"].as_str().unwrap());
    let picture = pictures::jpeg(100, 200);
    for (title, category) in [("Sonnets", "poetry"), ("Emma", "cooking"), ("", "poetry")] {
        let parts = [
            Part("title", "", title.as_bytes()),
            Part("category", "", category.as_bytes()),
            Part("cover_image", COVER, &picture),
        ];
        send(&ada, Method::POST, "/books/", &parts).await.expect(400);
    }
    app.wait_for_objects(2).await;
    make(&ada, "Odes").await;
    let taken = [Part("title", "", &b"odes"[..]), Part("cover_image", COVER, &picture)];
    send(&ada, Method::PUT, &book, &taken).await.expect(400);
    assert_eq!(ada.get(&book).await.expect(200).json["data"], made, "both change or neither");
    app.wait_for_objects(4).await;
    let good = [Part("title", "", &b"Elegies"[..]), Part("cover_image", COVER, &picture)];
    let changed = send(&ada, Method::PUT, &book, &good).await.expect(201).json["data"].clone();
    assert_eq!(changed["title"], "Elegies");
    app.wait_for_objects(4).await;
    app.anonymous().get(image(&made)).await.expect(404);
    let thumbnail = app.anonymous().get(image(&changed)).await.expect(200);
    assert_eq!(pictures::size(&thumbnail.bytes), (75, 150));
    ada.delete(&book).await.expect(204);
    app.wait_for_objects(2).await;
}

#[tokio::test]
async fn a_file_may_be_named_in_any_way() {
    let app = library().await;
    let ada = app.user("ada").await;
    let picture = pictures::png(20, 20);
    for (title, name, status) in [
        ("a", "; filename=cover.png", 201),
        ("b", "; filename*=utf-8''%C3%BC.png", 201),
        ("c", "; filename=\"\u{fc}.png\"\r\nContent-Type: text/html", 201),
        ("d", "; filename=\"../../x\"", 201),
        ("e", "; filename=\"\"", 400),
        ("f", "", 400),
    ] {
        let parts = [
            Part("title", "", title.as_bytes()),
            Part("category", "", b"horror"),
            Part("cover_image", name, &picture),
        ];
        send(&ada, Method::POST, "/books/", &parts).await.expect(status);
    }
}

#[tokio::test]
async fn a_picture_that_is_too_large_is_told_in_the_dialect() {
    let app = TestApp::with(|config| {
        speak(config, &[("book_library", "/")]);
        config.files.max_upload = bytesize::ByteSize::kib(1);
    });
    let app = app.await;
    let ada = app.user("ada").await;
    let picture = [7; 2000];
    let parts = [Part("title", "", &b"Emma"[..]), Part("cover_image", COVER, &picture)];
    let refused = send(&ada, Method::POST, "/books/", &parts).await.expect(413);
    assert_eq!((&refused.json["data"], &refused.json["error"]), (&Value::Null, &json!("Content Too Large")));
}

#[tokio::test]
async fn an_administrator_reads_everybodys_books_and_changes_none() {
    let app = library().await;
    let ada = app.user("ada").await;
    let made = make(&ada, "Sonnets").await;
    let book = format!("/books/{}", made["_id"].as_str().unwrap());
    let admin = app.admin().await;
    assert_eq!(admin.get("/books/").await.expect(200).json["data"], json!([made]));
    assert_eq!(admin.get(&book).await.expect(200).json["data"], made);
    send(&admin, Method::PUT, &book, &[Part("title", "", b"x")]).await.expect(404);
    admin.delete(&book).await.expect(404);
    assert_eq!(app.user("ben").await.get("/books/").await.expect(200).json["data"], json!([]));
}

#[tokio::test]
async fn who_registered_elsewhere_signs_in_whatever_the_password() {
    let app = library().await;
    app.user("ada").await;
    let sign_in = |password: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        let caller = app.anonymous();
        async move { caller.post("/users/login", &body).await }
    };
    // Neither has a capital letter and a digit.
    let signed_in = sign_in(PASSWORD).await.expect(200);
    assert_eq!(signed_in.json["data"]["name"], "ada");
    let refused = sign_in("not the password").await.expect(400);
    assert!(refused.json["error"]["password"].is_string());
}

#[tokio::test]
async fn an_account_that_waits_is_not_active_and_cannot_sign_in() {
    let app = TestApp::with(|config| {
        speak(config, &[("book_library", "/")]);
        config.accounts.registration = portcullis::config::Registration::Approval;
    });
    let app = app.await;
    let ada = json!({ "name": "Ada King", "email": "ada@example.com", "password": "Abc@123" });
    let made = app.anonymous().post("/users/", &ada).await.expect(201);
    assert_eq!(made.json["data"]["active"], false);
    let refused = app.anonymous().post("/users/login", &ada).await.expect(404);
    assert_eq!(refused.json["error"], "Unauthorized");
}
