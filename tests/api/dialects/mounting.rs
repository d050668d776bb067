//! Dialects at their places: none unless named, each alone at its own, all told of.

use axum::http::Method;
use portcullis::config::Config;
use portcullis::dialects::{check, names, places};

use super::{DIALECTS, speak};
use crate::support::TestApp;

fn refusal(settings: &[(&str, &str)]) -> String {
    let mut config = Config::default();
    speak(&mut config, settings);
    check(&config.dialects).err().unwrap_or_default()
}

#[tokio::test]
async fn none_is_spoken_unless_it_has_a_place() {
    assert!(places(&Config::default().dialects).is_empty());
    let app = TestApp::new().await;
    for path in ["/auth/login", "/login", "/signup", "/register", "/api/login", "/task_manager/auth/login"] {
        app.anonymous().post(path, &serde_json::json!({})).await.problem(404, "route.not_found");
    }
}

/// Places of dialects, and the two that want the same.
type Clash = (&'static [(&'static str, &'static str)], [&'static str; 2]);

#[test]
fn two_at_the_same_paths_are_refused_by_both_names() {
    let clashes: [Clash; 8] = [
        (&[("profile_api", "/"), ("form_login", "/")], ["profile_api", "form_login"]),
        (&[("task_manager", "/old"), ("approval_gate", "/old")], ["task_manager", "approval_gate"]),
        (&[("task_manager", "/old"), ("approval_gate", "/old/gate")], ["task_manager", "approval_gate"]),
        (&[("task_manager", "/old/tasks"), ("profile_api", "/old")], ["task_manager", "profile_api"]),
        (&[("task_manager", "/"), ("form_login", "/users")], ["task_manager", "form_login"]),
        (&[("task_manager", "/"), ("book_library", "/")], ["task_manager", "book_library"]),
        (&[("book_library", "/"), ("form_login", "/books")], ["book_library", "form_login"]),
        (&[("form_login", "/"), ("approval_gate", "/login")], ["form_login", "approval_gate"]),
    ];
    for (settings, both) in clashes {
        let sentence = refusal(settings);
        assert!(both.iter().all(|name| sentence.contains(name)), "{settings:?}: {sentence}");
    }
    for good in [
        &[("profile_api", "/"), ("form_login", "/forms")][..],
        &[("profile_api", "/a"), ("form_login", "/b"), ("task_manager", "/"), ("approval_gate", "/ab")],
    ] {
        assert_eq!(refusal(good), "", "{good:?}");
    }
}

#[test]
fn our_own_paths_are_nobody_elses() {
    for (place, ours) in
        [("/api", "/api/v1"), ("/api/v1", "/api/v1"), ("/docs/x", "/docs"), ("/healthz", "/healthz")]
    {
        let sentence = refusal(&[("task_manager", place)]);
        assert!(sentence.contains("task_manager") && sentence.contains(ours), "{place}: {sentence}");
    }
}

#[test]
#[should_panic(expected = "does not fit")]
fn a_place_is_a_path() {
    speak(&mut Config::default(), &[("task_manager", "old place")]);
}

#[tokio::test]
async fn all_are_spoken_side_by_side_and_the_greeting_lists_them() {
    let everywhere: Vec<_> = names().map(|name| (name, format!("/{name}"))).collect();
    assert_eq!(everywhere.len(), DIALECTS.len());
    let everywhere: Vec<_> = everywhere.iter().map(|(name, path)| (*name, path.as_str())).collect();
    let app = TestApp::with(|config| speak(config, &everywhere)).await;
    let greeting = app.anonymous().get("/").await.expect(200);
    let page = app.anonymous().header("accept", "text/html").get("/").await.expect(200);
    for (name, path) in everywhere {
        assert!(greeting.json["dialects"][name].as_str().unwrap().ends_with(&format!("{path}/")));
        assert!(page.text.contains(name), "{}", page.text);
        let unknown = app.anonymous().get(&format!("{path}/nowhere")).await.expect(404);
        assert_ne!(unknown.header("content-type"), "application/problem+json", "{name}");
    }
    app.anonymous().get("/nowhere").await.problem(404, "route.not_found");
}

#[tokio::test]
async fn a_dialect_at_the_root_greets_by_itself_and_leaves_the_house_alone() {
    let app = TestApp::with(|config| speak(config, &[("profile_api", "/")])).await;
    let greeting = app.anonymous().get("/").await.expect(200);
    assert_eq!(greeting.json["message"], "Welcome to Flask REST API");
    app.anonymous().get("/api/v1/nowhere").await.problem(404, "route.not_found");
    app.anonymous().get("/healthz").await.expect(200);
    app.anonymous().get("/docs/").await.expect(200);
    app.user("ada").await.get("/api/v1/account").await.expect(200);
    let app = TestApp::with(|config| speak(config, &[("form_login", "/")])).await;
    assert_eq!(app.anonymous().get("/").await.expect(200).json["name"], "Portcullis");
}

#[tokio::test]
async fn a_redirect_keeps_the_method_for_every_method() {
    let app = TestApp::with(|config| speak(config, &[("task_manager", "/old")])).await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = app.anonymous().send(method, "/old/tasks?a=%2F", "").await.expect(308);
        assert_eq!(answer.header("location"), "/old/tasks/?a=%2F");
    }
}
