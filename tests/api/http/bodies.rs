//! Bodies that are not what they should be: each is a 4xx with a code, and nothing is written.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use bytesize::ByteSize;
use futures_util::stream;
use serde_json::json;

use crate::support::TestApp;

const TASKS: &str = "SELECT COUNT(*) FROM tasks";

#[tokio::test]
async fn only_json_in_utf8_is_taken() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let body = r#"{"title":"Engine"}"#;
    let refused = [
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/json+x",
        "application",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; a=b; charset=iso-8859-1",
    ];
    for content_type in refused {
        let answer = ada.header("content-type", content_type).send(Method::POST, "/api/v1/tasks", body).await;
        answer.problem(415, "body.unsupported_media_type");
    }
    let untyped = ada.header("accept", "*/*").send(Method::POST, "/api/v1/tasks", body).await;
    untyped.problem(415, "body.unsupported_media_type");
    assert_eq!(app.count(TASKS).await, 0);
    let taken = [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json ; Charset=\"UTF-8\"",
        "application/json; a=b",
        "application/json; charset=utf-8; a=b",
    ];
    for content_type in taken {
        ada.header("content-type", content_type).send(Method::POST, "/api/v1/tasks", body).await.expect(201);
    }
}

#[tokio::test]
async fn what_is_no_well_formed_json_is_malformed() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let nested =
        |depth: usize| format!("{{\"title\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    let table: [Vec<u8>; 20] = [
        b"".into(),
        b"   \n".into(),
        b"{".into(),
        b"{\"title\":\"Engine\"".into(),
        b"{\"title\":\"Engine".into(),
        b"{\"title\":\"Engine\"} x".into(),
        b"{\"title\":\"Engine\"}{\"title\":\"Mill\"}".into(),
        b"{'title':'Engine'}".into(),
        b"{title:\"Engine\"}".into(),
        b"{\"title\":\"Engine\",}".into(),
        b"title=Engine".into(),
        b"\xef\xbb\xbf{\"title\":\"Engine\"}".into(),
        b"{\"title\":\"\xff\xfe\"}".into(),
        b"{\"title\":\"En\0gine\"}".into(),
        b"{\"title\":\"Engine\"}\0".into(),
        b"{\"title\":\"\\ud800\"}".into(),
        b"{\"title\":\"Engine\",\"title\":\"Mill\"}".into(),
        b"{\"title\":1e999}".into(),
        nested(200),
        nested(100_000),
    ];
    for body in table {
        let words = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let answer =
            ada.header("content-type", "application/json").send(Method::POST, "/api/v1/tasks", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json["code"].as_str()),
            (400, Some("body.malformed")),
            "{words}"
        );
        answer.problem(400, "body.malformed");
    }
    assert_eq!(app.count(TASKS).await, 0);
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for body in [
        "null",
        "7",
        "true",
        "\"Engine\"",
        "[]",
        "[\"Engine\"]",
        "[\"Engine\",null,true,null]",
        "[{\"title\":\"Engine\"}]",
    ] {
        for (method, path) in [(Method::POST, "/api/v1/tasks"), (Method::POST, "/api/v1/auth/login")] {
            let answer = ada.header("content-type", "application/json").send(method, path, body).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json["code"].as_str()),
                (422, Some("request.invalid")),
                "{body}"
            );
            answer.problem(422, "request.invalid");
        }
    }
    assert_eq!(app.count(TASKS).await, 0);
}

#[tokio::test]
async fn fields_that_nobody_knows_are_named_whatever_is_in_them() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("\"{}\":1,", "x".repeat(1000));
    let many = (0..50).map(|number| format!("\"f{number}\":1,")).collect::<Vec<_>>().concat();
    for (fields, count) in [(format!("\"deep\":{deep},"), 1), (long, 1), (many, 20)] {
        let body = format!("{{{fields}\"title\":\"Engine\"}}");
        let answer =
            ada.header("content-type", "application/json").send(Method::POST, "/api/v1/tasks", body).await;
        let fields = answer.problem(422, "request.invalid").fields();
        assert_eq!(fields.len(), count);
        assert!(
            fields.iter().all(|field| field.len() < 130 && field.ends_with(": unknown_field")),
            "{fields:?}"
        );
    }
    assert_eq!(app.count(TASKS).await, 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large_announced_or_not() {
    let app = TestApp::with(|config| config.server.max_body = ByteSize::kib(1)).await;
    let ada = app.user("ada").await;
    let sized = |bytes: usize| {
        let frame = json!({ "title": "Engine", "description": "" }).to_string().len();
        json!({ "title": "Engine", "description": "x".repeat(bytes - frame) }).to_string()
    };
    let caller = ada.header("content-type", "application/json");
    caller.send(Method::POST, "/api/v1/tasks", sized(1024)).await.expect(201);
    caller.send(Method::POST, "/api/v1/tasks", sized(1025)).await.problem(413, "body.too_large");
    let announced = caller.header("content-length", "1025");
    announced.send(Method::POST, "/api/v1/tasks", "{}").await.problem(413, "body.too_large");
    let chunks = stream::iter((0..100).map(|_| Ok::<_, io::Error>(vec![b' '; 100])));
    caller
        .send(Method::POST, "/api/v1/tasks", Body::from_stream(chunks))
        .await
        .problem(413, "body.too_large");
    assert_eq!(app.count(TASKS).await, 1);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_never_ends_writes_nothing() {
    let app = TestApp::with(|config| config.server.request_timeout = Duration::from_millis(300)).await;
    let caller = app.user("ada").await.header("content-type", "application/json");
    let start = || Ok::<_, io::Error>(r#"{"title":"Engine"}"#);
    let broken = Body::from_stream(stream::iter([start(), Err(io::Error::other("cut"))]));
    caller.send(Method::POST, "/api/v1/tasks", broken).await.problem(400, "request.malformed");
    let endless =
        Body::from_stream(futures_util::StreamExt::chain(stream::iter([start()]), stream::pending()));
    caller.send(Method::POST, "/api/v1/tasks", endless).await.problem(408, "body.timeout");
    assert_eq!(app.count(TASKS).await, 0);
}

#[tokio::test]
async fn a_route_whose_body_is_optional_still_judges_one_that_comes() {
    let app = TestApp::new().await;
    let caller = app.user("ada").await.header("content-type", "application/json");
    let table =
        [("{", 400, "body.malformed"), ("[]", 422, "request.invalid"), ("{}", 422, "request.invalid")];
    for (body, status, code) in table {
        caller.send(Method::POST, "/api/v1/auth/logout", body).await.problem(status, code);
    }
    let plain = app.anonymous().header("content-type", "text/plain");
    plain.send(Method::POST, "/api/v1/auth/logout", "x").await.problem(415, "body.unsupported_media_type");
    caller.get("/api/v1/account").await.expect(200);
}
