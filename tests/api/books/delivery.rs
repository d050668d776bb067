//! Pictures on their way out.

use axum::http::Method;

use super::{Reader, path, pictures};
use crate::support::{Answer, TestApp};

fn assert_guarded(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert_eq!(answer.header("accept-ranges"), "bytes");
}

#[tokio::test]
async fn a_thumbnail_may_be_kept_for_good_by_anybody() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let covered = ada.put_cover(&book, &pictures::jpeg(600, 300)).await.expect(200);
    let url = covered.json["cover"]["thumbnail_url"].as_str().unwrap();
    let whole = app.anonymous().get(path(url)).await.expect(200);
    assert_guarded(&whole);
    assert_eq!(whole.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!((whole.header("content-type"), pictures::size(&whole.bytes)), ("image/jpeg", (150, 75)));
    assert_eq!(whole.header("content-length"), whole.bytes.len().to_string());
    let known =
        app.anonymous().header("if-none-match", whole.header("etag")).get(path(url)).await.expect(304);
    assert!(known.bytes.is_empty());
    assert_eq!(
        (known.header("etag"), known.header("cache-control")),
        (whole.header("etag"), whole.header("cache-control"))
    );
    let head = app.anonymous().send(Method::HEAD, path(url), "").await.expect(200);
    assert_eq!((head.header("content-length"), head.bytes.len()), (whole.header("content-length"), 0));
    // The same by the book, for its owner.
    let same = ada.get(&format!("{book}/cover?size=thumbnail")).await.expect(200);
    assert_eq!(
        (same.bytes.clone(), same.header("cache-control")),
        (whole.bytes.clone(), "private, no-cache")
    );
}

#[tokio::test]
async fn an_original_may_be_kept_under_the_address_that_names_its_content() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let covered = ada.put_cover(&book, &pictures::png(300, 200)).await.expect(200);
    let named = path(covered.json["cover"]["original_url"].as_str().unwrap()).to_owned();
    let answer = ada.get(&named).await.expect(200);
    assert_guarded(&answer);
    assert_eq!(answer.header("cache-control"), "private, max-age=31536000, immutable");
    let fresh = ada.get(&format!("{book}/cover")).await.expect(200);
    assert_eq!((fresh.header("cache-control"), &fresh.bytes), ("private, no-cache", &answer.bytes));
    ada.header("if-none-match", fresh.header("etag")).get(&format!("{book}/cover")).await.expect(304);
    ada.put_cover(&book, &pictures::png(10, 10)).await.expect(200);
    assert_eq!(ada.get(&named).await.expect(200).header("cache-control"), "private, no-cache");
    let answer = ada.get(&format!("{book}/cover?size=huge&x=1")).await.problem(422, "request.invalid");
    assert_eq!(answer.fields(), ["size: unknown_value", "x: unknown_field"]);
}

#[tokio::test]
async fn parts_are_sent_of_both() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let covered = ada.put_cover(&book, &pictures::png(300, 200)).await.expect(200);
    let thumbnail = path(covered.json["cover"]["thumbnail_url"].as_str().unwrap()).to_owned();
    for path in [format!("{book}/cover"), thumbnail] {
        let whole = ada.get(&path).await.expect(200);
        let length = whole.bytes.len();
        for (range, part) in [
            ("bytes=0-9".to_owned(), 0..10),
            (format!("bytes={}-", length - 7), length - 7..length),
            ("bytes=-5".to_owned(), length - 5..length),
            (format!("bytes=10-{}", length * 2), 10..length),
        ] {
            let answer = ada.header("range", &range).get(&path).await.expect(206);
            assert_eq!(answer.bytes, whole.bytes[part.clone()], "{range}");
            assert_eq!(
                answer.header("content-range"),
                format!("bytes {}-{}/{length}", part.start, part.end - 1)
            );
            assert_eq!(answer.header("content-length"), part.len().to_string());
            assert_guarded(&answer);
        }
        let beyond = ada.header("range", &format!("bytes={length}-")).get(&path).await;
        let beyond = beyond.problem(416, "range.not_satisfiable");
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        for (condition, status) in [(whole.header("etag"), 206), ("\"other\"", 200)] {
            ada.header("range", "bytes=0-0").header("if-range", condition).get(&path).await.expect(status);
        }
        ada.header("range", "bytes=0-1,4-5").get(&path).await.expect(200);
    }
}
