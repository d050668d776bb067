//! Unknown paths, wrong methods, HEAD, and query strings.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::support::TestApp;

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_code() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let paths = [
        "/nowhere",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/nowhere",
        "/api/v2/tasks",
        "/api/v1/tasks/",
        "/API/v1/tasks",
        "/api/v1//tasks",
        "//",
        "/api/v1/tasks/1/2",
        "/docs/nowhere.js",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e/Cargo.toml",
        "/.env",
        "/assets/",
        "/healthz/",
        "/%F0%9F%99%82",
        "/nowhere?token=x",
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let method = if path.starts_with("/docs/") { Method::GET } else { method };
            app.anonymous().send(method.clone(), path, "").await.problem(404, "route.not_found");
            ada.header("accept", "*/*").send(method, path, "{}").await.problem(404, "route.not_found");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::new().await;
    let table: [(&str, &[&str], &[&str]); 8] = [
        ("/healthz", &["GET", "HEAD"], &["POST", "DELETE", "OPTIONS"]),
        ("/", &["GET", "HEAD"], &["POST", "PUT"]),
        ("/docs/", &["GET", "HEAD"], &["POST"]),
        ("/api/v1/openapi.json", &["GET", "HEAD"], &["PATCH"]),
        ("/api/v1/tasks", &["GET", "HEAD", "POST"], &["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]),
        ("/api/v1/tasks/1", &["GET", "HEAD", "PATCH", "DELETE"], &["PUT", "POST", "OPTIONS"]),
        ("/api/v1/auth/login", &["POST"], &["GET", "DELETE"]),
        ("/api/v1/account/password", &["PUT"], &["POST", "GET"]),
    ];
    for (path, right, wrong) in table {
        for method in wrong {
            let answer = app.anonymous().send(method.parse().unwrap(), path, "").await;
            let answer = answer.problem(405, "route.method_not_allowed");
            let allowed: BTreeSet<_> = answer.header("allow").split(',').map(str::trim).collect();
            assert_eq!(allowed, right.iter().copied().collect(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let item = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    for path in ["/", "/healthz", "/readyz", "/docs/", "/.well-known/jwks.json", "/api/v1/tasks", &item] {
        let caller = ada.header("accept", "*/*");
        let (get, head) =
            (caller.get(path).await.expect(200), caller.send(Method::HEAD, path, "").await.expect(200));
        assert_eq!(head.text, "", "{path}");
        for name in ["content-type", "etag", "cache-control", "content-security-policy"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
    app.anonymous().send(Method::HEAD, &item, "").await.expect(401);
}

#[tokio::test]
async fn lists_refuse_query_strings_that_are_wrong_unknown_or_double() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let table: [(&str, &[&str]); 7] = [
        ("limit=1&limit=1", &["limit: duplicate"]),
        ("nothing", &["nothing: unknown_field"]),
        ("limit", &["limit: out_of_range"]),
        ("=1", &[": unknown_field"]),
        ("Limit=1", &["Limit: unknown_field"]),
        ("limit=1;total=true", &["limit: out_of_range"]),
        ("%zz=1", &["%zz: unknown_field"]),
    ];
    for path in ["/api/v1/tasks", "/api/v1/account/sessions"] {
        for (query, wanted) in table {
            let answer = ada.get(&format!("{path}?{query}")).await.problem(422, "request.invalid");
            assert_eq!(answer.fields(), wanted, "{path}?{query}");
        }
        ada.get(&format!("{path}?limit=1&&total=true&")).await.expect(200);
        ada.get(&format!("{path}?")).await.expect(200);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_in_a_query_and_not_replaced() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    ada.task("\u{fffd}").await;
    for query in ["q=%ff", "q=a%C3", "%ff=1", "q=%ED%A0%80"] {
        let answer = ada.get(&format!("/api/v1/tasks?{query}")).await.problem(422, "request.invalid");
        assert!(answer.fields()[0].ends_with(": malformed"), "{query}: {answer:#?}");
    }
    assert_eq!(
        ada.get("/api/v1/tasks?q=%EF%BF%BD").await.expect(200).json["items"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_query_of_many_wrong_parameters_is_not_answered_at_length() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let different = (0..500).map(|number| format!("f{number}&")).collect::<Vec<_>>().concat();
    for query in ["a&".repeat(5000), "%ff&".repeat(5000), different, "x".repeat(20_000)] {
        let answer = ada.get(&format!("/api/v1/tasks?{query}")).await.problem(422, "request.invalid");
        assert!(
            (1..=20).contains(&answer.fields().len()) && answer.text.len() < 5000,
            "{}",
            answer.text.len()
        );
    }
}
