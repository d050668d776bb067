//! Who may call what: one table for the whole API. A call that stands in the OpenAPI document and not here fails.

use std::collections::BTreeSet;

use portcullis::base::Role;
use serde_json::{Value, json};

use crate::books::Reader;
use crate::people::{NOBODY, at, id_of, made};
use crate::support::{Anonymous, Answer, PASSWORD, TestApp, User};

/// Those who call, in the order of the table's columns. Two of them were active when they signed in, and are not any more.
const CALLERS: [&str; 6] = ["anonymous", "pending", "user", "approver", "admin", "disabled"];

/// Method, path, body (`CALLER` and `REFRESH` stand for the caller's name and token), the status that each caller gets.
type Row = (&'static str, &'static str, &'static str, [u16; 6]);

const ANYBODY: [u16; 6] = [200; 6];
const SIGNED_IN: [u16; 6] = [401, 401, 200, 200, 200, 401];
const SIGNED_IN_NO_CONTENT: [u16; 6] = [401, 401, 204, 204, 204, 401];
const DECIDES: [u16; 6] = [401, 401, 403, 200, 200, 401];
const ADMIN: [u16; 6] = [401, 401, 403, 403, 200, 401];
const ADMIN_NO_CONTENT: [u16; 6] = [401, 401, 403, 403, 204, 401];

const TABLE: &[Row] = &[
    ("post", "/auth/register", r#"{"username": "new-CALLER", "password": "PASSWORD"}"#, [201; 6]),
    ("post", "/auth/login", r#"{"login": "keeper", "password": "PASSWORD"}"#, ANYBODY),
    ("post", "/auth/refresh", r#"{"refresh_token": "REFRESH"}"#, SIGNED_IN),
    ("post", "/auth/logout", "", SIGNED_IN_NO_CONTENT),
    ("get", "/account", "", SIGNED_IN),
    ("patch", "/account", r#"{"name": "CALLER"}"#, SIGNED_IN),
    ("delete", "/account", r#"{"password": "PASSWORD"}"#, SIGNED_IN_NO_CONTENT),
    (
        "put",
        "/account/password",
        r#"{"current_password": "PASSWORD", "new_password": "another long enough password"}"#,
        SIGNED_IN_NO_CONTENT,
    ),
    ("get", "/account/sessions", "", SIGNED_IN),
    ("delete", "/account/sessions", "", SIGNED_IN_NO_CONTENT),
    ("delete", "/account/sessions/{id}", "", [401, 401, 404, 404, 404, 401]),
    ("get", "/tasks", "", SIGNED_IN),
    ("post", "/tasks", r#"{"title": "Engine"}"#, [401, 401, 201, 201, 201, 401]),
    ("get", "/tasks/{id}", "", SIGNED_IN),
    ("patch", "/tasks/{id}", r#"{"title": "Later"}"#, SIGNED_IN),
    ("delete", "/tasks/{id}", "", SIGNED_IN_NO_CONTENT),
    ("get", "/books", "", SIGNED_IN),
    ("post", "/books", r#"{"title": "Engine", "category": "science"}"#, [401, 401, 201, 201, 201, 401]),
    ("get", "/books/{id}", "", SIGNED_IN),
    ("patch", "/books/{id}", r#"{"title": "Later"}"#, SIGNED_IN),
    ("delete", "/books/{id}", "", SIGNED_IN_NO_CONTENT),
    // Whoever is let in is told that there is no picture, or that this is none.
    ("get", "/books/{id}/cover", "", [401, 401, 404, 404, 404, 401]),
    ("put", "/books/{id}/cover", "{}", [401, 401, 415, 415, 415, 401]),
    ("delete", "/books/{id}/cover", "", [401, 401, 404, 404, 404, 401]),
    ("get", "/covers/{name}", "", [404; 6]),
    ("get", "/users", "", DECIDES),
    (
        "post",
        "/users",
        r#"{"username": "made-by-CALLER", "password": "PASSWORD", "role": "admin"}"#,
        [401, 401, 403, 403, 201, 401],
    ),
    ("get", "/users/{id}", "", DECIDES),
    ("patch", "/users/{id}", r#"{"role": "approver"}"#, ADMIN),
    ("delete", "/users/{id}", "", ADMIN_NO_CONTENT),
    ("post", "/users/{id}/approve", "", DECIDES),
    ("post", "/users/{id}/reject", "", DECIDES),
    ("post", "/users/{id}/disable", "", ADMIN),
    ("post", "/users/{id}/enable", "", ADMIN),
    ("get", "/users/{id}/sessions", "", ADMIN),
    ("delete", "/users/{id}/sessions", "", ADMIN_NO_CONTENT),
    ("delete", "/users/{id}/sessions/{session}", "", [401, 401, 403, 403, 404, 401]),
    ("get", "/audit-events", "", ADMIN),
    ("get", "/mails", "", ADMIN),
    ("post", "/auth/password/forgot", r#"{"email": "CALLER@example.com"}"#, [202; 6]),
    ("post", "/auth/email/resend", r#"{"email": "CALLER@example.com"}"#, [202; 6]),
    (
        "post",
        "/auth/password/reset",
        r#"{"token": "none", "password": "another long enough password"}"#,
        [401; 6],
    ),
    ("post", "/auth/email/verify", r#"{"token": "none", "password": "PASSWORD"}"#, [401; 6]),
    (
        "put",
        "/account/email",
        r#"{"email": "CALLER@example.com", "password": "PASSWORD"}"#,
        [401, 401, 202, 202, 202, 401],
    ),
];

/// Whoever calls: with a session, or without.
enum Caller {
    Anonymous(Anonymous),
    User(User),
}

impl Caller {
    /// An account of this sort, signed in; by `keeper`'s hand what it became since.
    async fn new(app: &TestApp, keeper: &User, sort: &str, name: &str) -> Self {
        let role = match sort {
            "anonymous" => return Self::Anonymous(app.anonymous()),
            "approver" => Role::Approver,
            "admin" => Role::Admin,
            _ => Role::User,
        };
        let user = app.person(name, role).await;
        if matches!(sort, "pending" | "disabled") {
            keeper.patch(&at(&id_of(&user)), &json!({ "status": sort })).await.expect(200);
        }
        Self::User(user)
    }

    fn refresh_token(&self) -> &str {
        if let Self::User(user) = self { &user.refresh_token } else { "none" }
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        let caller = match self {
            Self::Anonymous(caller) => caller.clone(),
            Self::User(user) => user.header("x-nothing", "x"),
        };
        let caller = if body.is_empty() { caller } else { caller.header("content-type", "application/json") };
        caller.send(method.to_uppercase().parse().unwrap(), path, body.to_owned()).await
    }
}

/// What the `{id}` of a path names for this caller: something that the call, if it is allowed, can be done to.
async fn target(path: &str, caller: &Caller, keeper: &User, name: &str) -> String {
    let Some((before, after)) = path.split_once("{id}") else { return NOBODY.into() };
    match (before, after, caller) {
        ("/tasks/", _, Caller::User(user)) if user.get("/api/v1/account").await.status == 200 => {
            user.task("Engine").await
        }
        ("/books/", _, Caller::User(user)) if user.get("/api/v1/account").await.status == 200 => {
            user.book("Engine").await.rsplit('/').next().unwrap_or_default().to_owned()
        }
        ("/users/", "/approve" | "/reject", _) => made(keeper, name, "user", "pending").await,
        ("/users/", "/enable", _) => made(keeper, name, "user", "disabled").await,
        ("/users/", ..) => made(keeper, name, "user", "active").await,
        _ => NOBODY.into(),
    }
}

#[tokio::test]
async fn every_call_answers_every_caller_as_the_table_says() {
    let app = TestApp::new().await;
    let keeper = app.person("keeper", Role::Admin).await;
    let mut breaches = Vec::new();
    for (row, (method, path, body, expected)) in TABLE.iter().enumerate() {
        for (sort, expected) in CALLERS.into_iter().zip(expected) {
            let name = format!("{sort}-{row}");
            let caller = Caller::new(&app, &keeper, sort, &name).await;
            let id = target(path, &caller, &keeper, &format!("target-of-{name}")).await;
            let at = format!("/api/v1{}", path.replace("{id}", &id).replace("{session}", NOBODY));
            let body = body
                .replace("CALLER", &name)
                .replace("PASSWORD", PASSWORD)
                .replace("REFRESH", caller.refresh_token());
            let answer = caller.send(method, &at, &body).await;
            if answer.status.as_u16() != *expected {
                breaches.push(format!("{method} {path} by {sort}: {} and not {expected}", answer.status));
            }
            if answer.status == 403 {
                answer.problem(403, "auth.forbidden");
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn the_table_holds_every_call_of_the_api_once() {
    let document: Value = serde_json::from_str(&portcullis::wiring::openapi()).unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        let methods = ["get", "post", "put", "patch", "delete"].into_iter();
        described.extend(methods.filter(|method| item[method].is_object()).map(|method| (method, path)));
    }
    let listed: BTreeSet<_> = TABLE.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(listed, described);
    assert_eq!(listed.len(), TABLE.len(), "a call stands in the table twice");
}
