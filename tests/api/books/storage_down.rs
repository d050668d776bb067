//! An object store that is away: 503, and everything else goes on.

use super::{Part, Reader, pictures};
use crate::support::{TestApp, buckets};

#[tokio::test]
async fn a_store_that_is_down_is_told_and_nothing_is_half_done() {
    // A port that nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let app = TestApp::with(|config| {
        config.files.url = "s3://covers/prefix".into();
        config.files.s3_endpoint = Some(buckets::endpoint_of(&endpoint));
        config.files.s3_access_key = Some("tests".into());
        config.files.s3_secret_key = Some("tests".to_owned().into());
    })
    .await;
    let ada = app.user("ada").await;
    let book = ada.book("Dune").await;
    let before = ada.get(&book).await.expect(200);
    ada.put_cover(&book, &pictures::png(20, 20)).await.problem(503, "storage.unavailable");
    let parts = [
        Part("title", "", &b"Emma"[..]),
        Part("category", "", b"horror"),
        Part("cover", "", &pictures::gif()),
    ];
    ada.post_form(&parts).await.problem(503, "storage.unavailable");
    let name = "/api/v1/covers/0123456789abcdef0123456789abcdef.jpg";
    app.anonymous().get(name).await.problem(503, "storage.unavailable");
    assert_eq!(ada.get(&book).await.expect(200).json, before.json);
    assert_eq!(app.count("SELECT COUNT(*) FROM books").await, 1);
    ada.put_cover(&book, b"no picture").await.problem(415, "cover.unsupported");
}
