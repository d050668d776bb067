//! `/metrics`: what it tells, and whom.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use portcullis::wiring;
use tower::ServiceExt;

use crate::support::{Anonymous, Answer, TestApp, database_server};

/// What a reader at `peer` gets.
async fn read_from(app: &TestApp, peer: &str) -> Answer {
    let mut request =
        Request::builder().uri("/metrics").header("host", "portcullis.test").body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    Answer::read(app.router.clone().oneshot(request).await.unwrap()).await
}

/// The value of the line that begins with these words.
#[track_caller]
fn value(page: &Answer, line: &str) -> i64 {
    let found = page.text.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(' '));
    let text = found.unwrap_or_else(|| panic!("{line}: {}", page.text));
    text.strip_suffix(".0").unwrap_or(text).parse().unwrap()
}

async fn page(app: &TestApp) -> Answer {
    app.anonymous().get("/metrics").await.expect(200)
}

#[tokio::test]
async fn requests_are_counted_by_method_route_template_and_status() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let task = ada.task("Oil the chains").await;
    for path in [format!("/api/v1/tasks/{task}"), "/nowhere/ada".into(), "/elsewhere".into()] {
        ada.get(&path).await;
    }
    app.anonymous().send(Method::from_bytes(b"BREW").unwrap(), "/nowhere/at-all", "").await.expect(404);
    let page = page(&app).await;
    assert_eq!(page.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let count = |method: &str, route: &str, status: u16| {
        let labels = format!("{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
        value(&page, &format!("portcullis_http_request_duration_seconds_count{labels}"))
    };
    assert_eq!(
        [
            count("GET", "/api/v1/tasks/{id}", 200),
            count("POST", "/api/v1/auth/login", 200),
            count("GET", "-", 404),
            count("other", "-", 404),
        ],
        [1, 1, 2, 1]
    );
    assert!(page.text.ends_with("# EOF\n"));
    for typed in ["nowhere", "elsewhere", "BREW", &task, "ada"] {
        assert!(!page.text.contains(typed), "{typed}: {}", page.text);
    }
}

#[tokio::test]
async fn sessions_keys_hashing_and_the_database_are_told() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    app.sign_in("ada").await;
    for _ in 0..3 {
        ada.get("/api/v1/account").await.expect(200);
    }
    let page = page(&app).await;
    assert_eq!(value(&page, "portcullis_sessions_live"), 2);
    assert_eq!(value(&page, "portcullis_session_index_misses_total"), 1);
    assert_eq!(value(&page, "portcullis_session_index_hits_total"), 2);
    assert_eq!(value(&page, "portcullis_hashing_jobs"), 0);
    assert_eq!(value(&page, "portcullis_hashing_queue_capacity"), 1000);
    assert_eq!(value(&page, "portcullis_hashing_refusals_total"), 0);
    assert_eq!(value(&page, "portcullis_signing_key_created_timestamp_seconds"), 1_795_262_400);
    assert!(value(&page, "process_resident_memory_bytes") > 1_000_000);
    let version = env!("CARGO_PKG_VERSION");
    let pool = if database_server().is_some() { "short" } else { "writer" };
    assert!(value(&page, &format!("portcullis_database_threads{{pool=\"{pool}\"}}")) >= 1);
    assert_eq!(value(&page, &format!("portcullis_database_queue_jobs{{pool=\"{pool}\"}}")), 0);
    if database_server().is_none() {
        let build = format!("portcullis_build_info{{version=\"{version}\",database=\"SQLite\"}}");
        assert_eq!(value(&page, &build), 1);
        assert!(value(&page, "portcullis_database_batch_size_sum") >= 3);
    }
    assert!(!page.text.contains("backup_last_good"), "there is none");
}

#[tokio::test]
async fn what_works_and_what_waits_is_told_while_it_does() {
    let app = TestApp::new().await;
    let pool = if database_server().is_some() { "short" } else { "writer" };
    let busy = format!("portcullis_database_threads_busy{{pool=\"{pool}\"}}");
    let waiting = format!("portcullis_database_queue_jobs{{pool=\"{pool}\"}}");
    let release = app.hold_writers().await;
    let writers = value(&page(&app).await, &busy);
    assert!(writers >= 1);
    assert!(app.app.db.post(|_| Ok(())) && app.app.db.post(|_| Ok(())));
    assert_eq!(value(&page(&app).await, &waiting), 2);
    drop(release);
    app.settle().await;
    assert_eq!(value(&page(&app).await, &waiting), 0);
}

#[tokio::test]
async fn on_the_main_address_they_are_for_allowed_peers_without_a_proxy() {
    let app = TestApp::new().await;
    for peer in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        read_from(&app, peer).await.expect(200);
    }
    for peer in ["10.0.0.1:1", "[2001:db8::1]:1", "[::ffff:10.0.0.1]:1"] {
        read_from(&app, peer).await.problem(404, "route.not_found");
    }
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-proto"] {
        let forwarded = app.anonymous().header(header, "127.0.0.1");
        forwarded.get("/metrics").await.problem(404, "route.not_found");
    }
    app.anonymous().post("/metrics", &serde_json::json!({})).await.problem(405, "route.method_not_allowed");
}

#[tokio::test]
async fn who_is_allowed_is_a_setting() {
    let app = TestApp::with(|config| config.metrics.allow = vec!["10.0.0.0/8".parse().unwrap()]).await;
    read_from(&app, "10.1.2.3:4").await.expect(200);
    read_from(&app, "127.0.0.1:1").await.problem(404, "route.not_found");
}

#[tokio::test]
async fn with_an_address_of_their_own_they_are_there_only_and_nothing_else_is() {
    let app = TestApp::with(|config| config.metrics.listen = Some("127.0.0.1:0".parse().unwrap())).await;
    app.anonymous().get("/metrics").await.problem(404, "route.not_found");
    let own = Anonymous::new(wiring::metrics_router(&app.app));
    let page = own.header("x-forwarded-for", "203.0.113.7").get("/metrics").await.expect(200);
    assert!(page.text.contains("portcullis_build_info"));
    for path in ["/", "/api/v1/account", "/healthz", "/authz"] {
        own.get(path).await.problem(404, "route.not_found");
    }
}

#[tokio::test]
async fn no_page_of_another_origin_may_read_them() {
    use crate::support::server;
    let app =
        TestApp::with(|config| config.server = server(&[("cors_origins", "https://shop.example")])).await;
    let page = app.anonymous().header("origin", "https://shop.example");
    assert_eq!(page.get("/healthz").await.header("access-control-allow-origin"), "https://shop.example");
    for path in ["/metrics", "/authz"] {
        assert_eq!(page.get(path).await.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn a_full_server_still_tells() {
    let app = TestApp::with(|config| config.server.max_in_flight = 0).await;
    app.anonymous().get("/api/v1/account").await.problem(503, "server.busy");
    let page = page(&app).await;
    assert_eq!(
        value(
            &page,
            "portcullis_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/account\",status=\"503\"}"
        ),
        1
    );
}

#[tokio::test]
async fn refusals_of_the_limits_and_what_the_audit_log_dropped_are_told() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.limits.refresh = "2/h".parse().unwrap();
    })
    .await;
    let refusals = |page: &Answer, door: &str| {
        value(page, &format!("portcullis_limit_refusals_total{{door=\"{door}\"}}"))
    };
    for status in [401, 401, 429, 429] {
        app.anonymous().refresh("nonsense").await.expect(status);
    }
    let page = page(&app).await;
    let told = ["sign_in", "registration", "refresh"].map(|door| refusals(&page, door));
    assert_eq!(told, [0, 0, 2]);
    assert_eq!(value(&page, "portcullis_limit_delayed_total"), 0);
    assert_eq!(value(&page, "portcullis_audit_refusals_dropped_total"), 0);
}
