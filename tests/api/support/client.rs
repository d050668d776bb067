//! Callers, typed by who they are. All go through the router, as a connection would.

use axum::Router;
use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{HeaderName, HeaderValue, Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Answer, TestApp};

/// A caller without a token.
#[derive(Clone)]
pub struct Anonymous {
    router: Router,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A signed-in caller.
#[derive(Clone)]
pub struct User {
    caller: Anonymous,
    pub access_token: String,
    pub refresh_token: String,
    pub account: Value,
}

impl Anonymous {
    pub fn new(router: Router) -> Self {
        Self { router, headers: Vec::new() }
    }

    /// The same caller, sending one more header.
    pub fn header(&self, name: &'static str, value: &str) -> Self {
        let mut caller = self.clone();
        caller.headers.push((HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        caller
    }

    pub async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if self.headers.iter().all(|(name, _)| name != HOST) {
            request = request.header(HOST, "portcullis.test");
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        Answer::read(response).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.header("content-type", "application/json").send(method, path, body.to_string()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> User {
        let answer = self
            .post("/api/v1/auth/login", &json!({ "login": login, "password": password }))
            .await
            .expect(200);
        let text = |field: &str| answer.json[field].as_str().unwrap().to_owned();
        let (access_token, refresh_token) = (text("access_token"), text("refresh_token"));
        User { caller: self.clone(), access_token, refresh_token, account: answer.json["account"].clone() }
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.post("/api/v1/auth/refresh", &json!({ "refresh_token": refresh_token })).await
    }
}

impl User {
    /// The same session, calling another node.
    pub fn at(&self, node: &TestApp) -> Self {
        Self { caller: node.anonymous(), ..self.clone() }
    }

    fn caller(&self) -> Anonymous {
        self.caller.header("authorization", &format!("Bearer {}", self.access_token))
    }

    pub fn header(&self, name: &'static str, value: &str) -> Anonymous {
        self.caller().header(name, value)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.caller().get(path).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.caller().delete(path).await
    }

    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.caller().json(method, path, body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.caller().post(path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.caller().patch(path, body).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.caller().put(path, body).await
    }

    /// The same session with the tokens of a refresh answer.
    pub fn with_tokens(&self, refreshed: &Answer) -> Self {
        let text = |field: &str| refreshed.json[field].as_str().unwrap().to_owned();
        Self { access_token: text("access_token"), refresh_token: text("refresh_token"), ..self.clone() }
    }

    /// A new task's id.
    pub async fn task(&self, title: &str) -> String {
        let answer = self.post("/api/v1/tasks", &json!({ "title": title })).await.expect(201);
        answer.json["id"].as_str().unwrap().to_owned()
    }
}
