//! Compression: where it gains, and never under a strong entity tag.

use serde_json::json;

use crate::support::{Answer, TestApp};

fn encoding(answer: &Answer) -> &str {
    answer.header("content-encoding")
}

#[tokio::test]
async fn a_long_list_is_compressed_for_whoever_can_read_it() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for number in 0..30 {
        ada.task(&format!("Engine {number}")).await;
    }
    let list = "/api/v1/tasks?limit=100";
    let plain = ada.get(list).await.expect(200);
    assert_eq!(encoding(&plain), "");
    for accepted in ["gzip", "br, gzip;q=0.5", "*"] {
        let packed = ada.header("accept-encoding", accepted).get(list).await.expect(200);
        assert_eq!(
            (encoding(&packed), packed.header("content-type")),
            ("gzip", "application/json"),
            "{accepted}"
        );
        assert!(packed.header("vary").contains("accept-encoding") && packed.text.starts_with('\u{1f}'));
        assert!(packed.text.len() < plain.text.len());
    }
    for accepted in ["identity", "br", "gzip;q=0", ""] {
        assert_eq!(
            ada.header("accept-encoding", accepted).get(list).await.expect(200).text,
            plain.text,
            "{accepted}"
        );
    }
}

#[tokio::test]
async fn short_answers_travel_as_they_are() {
    let app = TestApp::new().await;
    let caller = app.user("ada").await.header("accept-encoding", "gzip");
    for path in ["/healthz", "/", "/api/v1/tasks", "/api/v1/account", "/nowhere"] {
        assert_eq!(encoding(&caller.get(path).await), "", "{path}");
    }
}

#[tokio::test]
async fn what_carries_a_tag_travels_as_it_is() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await.header("accept-encoding", "gzip");
    let body = json!({ "title": "Engine", "description": "x".repeat(5000) });
    let made = ada.post("/api/v1/tasks", &body).await.expect(201);
    let path = made.header("location");
    for answer in [ada.get(path).await, ada.patch(path, &json!({ "title": "Mill" })).await, made.clone()] {
        assert!(
            encoding(&answer).is_empty() && !answer.header("etag").is_empty() && answer.text.len() > 5000
        );
    }
}
