//! `/authz`, as reverse proxies ask it.

use axum::http::Method;
use portcullis::base::Role;
use serde_json::json;

use crate::support::TestApp;

const HEADERS: [&str; 5] =
    ["x-auth-account-id", "x-auth-role", "x-auth-username", "x-auth-email", "x-auth-name"];

#[tokio::test]
async fn a_caller_is_named_in_headers_and_nobody_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let answer = ada.get("/authz").await.expect(200);
    let told = HEADERS.map(|name| answer.header(name));
    let id = ada.account["id"].as_str().unwrap();
    assert_eq!(told, [id, "user", "ada", "ada@example.com", ""]);
    assert!(HEADERS.iter().all(|name| answer.headers.contains_key(*name)), "empty rather than missing");
    assert_eq!((answer.text.as_str(), answer.header("cache-control")), ("", "no-store"));

    let nobody = app.anonymous().get("/authz").await.problem(401, "auth.missing_token");
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    for header in ["Basic YTpi", "Bearer x.y.z", "Bearer"] {
        app.anonymous()
            .header("authorization", header)
            .get("/authz")
            .await
            .problem(401, "auth.invalid_token");
    }
    for name in HEADERS {
        assert_eq!(nobody.header(name), "");
    }
}

#[tokio::test]
async fn any_method_is_answered_and_no_body_is_read() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let caller = ada.header("content-type", "application/json");
        caller.send(method.clone(), "/authz", "no JSON").await.expect(200);
        app.anonymous().send(method, "/authz", "no JSON").await.expect(401);
    }
}

#[tokio::test]
async fn a_role_opens_to_itself_and_those_above() {
    let app = TestApp::new().await;
    let roles = [("user", Role::User), ("approver", Role::Approver), ("admin", Role::Admin)];
    for (has, (name, role)) in roles.iter().enumerate() {
        let caller = app.person(&format!("a-{name}"), *role).await;
        caller.get("/authz").await.expect(200);
        for (needs, (wanted, _)) in roles.iter().enumerate() {
            let answer = caller.get(&format!("/authz?role={wanted}")).await;
            if has >= needs {
                assert_eq!(answer.expect(200).header("x-auth-role"), *name);
            } else {
                let refused = answer.problem(403, "auth.forbidden");
                assert!(HEADERS.iter().all(|name| !refused.headers.contains_key(*name)));
            }
        }
    }
    app.anonymous().get("/authz?role=admin").await.problem(401, "auth.missing_token");
}

/// A typing error in a proxy's configuration must close the door, not open it, whoever comes.
#[tokio::test]
async fn a_question_that_is_wrong_is_refused_to_all() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for query in ["role=root", "role=", "role=Admin", "rolle=admin", "role=user&role=admin", "role=%ff", "x"]
    {
        let answer = admin.get(&format!("/authz?{query}")).await.problem(403, "auth.forbidden");
        assert!(answer.json["detail"].as_str().unwrap().contains("/authz"), "{answer:?}");
        app.anonymous().get(&format!("/authz?{query}")).await.problem(403, "auth.forbidden");
    }
}

#[tokio::test]
async fn names_cannot_break_a_header() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for (name, header) in [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Adá, \"Countess\"; x=1", "Ad%C3%A1%2C %22Countess%22%3B x=1"),
        ("100% <b>", "100%25 %3Cb%3E"),
        ("\u{202e}ada", "%E2%80%AEada"),
    ] {
        let changed = ada.header("if-match", "*").patch("/api/v1/account", &json!({ "name": name })).await;
        if changed.status.as_u16() == 422 {
            continue;
        }
        changed.expect(200);
        assert_eq!(ada.get("/authz").await.expect(200).header("x-auth-name"), header);
    }
}

#[tokio::test]
async fn an_end_is_felt_at_the_next_question() {
    let app = TestApp::new().await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    ada.get("/authz").await.expect(200);
    ada.post("/api/v1/auth/logout", &json!({ "refresh_token": ada.refresh_token })).await.expect(204);
    ada.get("/authz").await.problem(401, "auth.session_ended");
    grace.get("/authz?role=admin").await.problem(403, "auth.forbidden");
    app.execute("UPDATE accounts SET role = 'admin' WHERE username = 'grace'").await;
    grace.get("/authz?role=admin").await.expect(200);
}

/// What proxies send along belongs to the client's request, not to ours.
#[tokio::test]
async fn headers_of_the_clients_request_do_not_matter() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let caller = ada
        .header("x-auth-role", "admin")
        .header("x-forwarded-uri", "/admin?role=user")
        .header("x-forwarded-method", "POST")
        .header("if-none-match", "*")
        .header("idempotency-key", "one");
    assert_eq!(caller.get("/authz").await.expect(200).header("x-auth-role"), "user");
    caller.get("/authz?role=admin").await.problem(403, "auth.forbidden");
}
