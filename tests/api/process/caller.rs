//! A client of the built program, over the network.

use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::support::Server;
use crate::support::{Answer, PATIENCE};

/// A client with a connection pool of its own.
#[derive(Clone)]
pub struct Caller {
    agent: ureq::Agent,
    base: String,
    pub access_token: String,
    pub refresh_token: String,
}

impl Caller {
    pub fn new(base: String) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let agent = config.build().new_agent();
        Self { agent, base, access_token: String::new(), refresh_token: String::new() }
    }

    /// The same account at the same or another server, with the tokens of an answer, over connections of its own.
    pub fn with_tokens(&self, answer: &Answer) -> Self {
        let text = |field: &str| answer.json[field].as_str().unwrap().to_owned();
        let (access_token, refresh_token) = (text("access_token"), text("refresh_token"));
        Self { access_token, refresh_token, ..Self::new(self.base.clone()) }
    }

    /// The same tokens at a server that was started anew.
    pub fn at(&self, server: &Server) -> Self {
        let (access_token, refresh_token) = (self.access_token.clone(), self.refresh_token.clone());
        Self { access_token, refresh_token, ..server.anonymous() }
    }

    /// The answer to a body of any type, over a connection of its own: a server that refuses a body before its end closes the
    /// connection behind the answer.
    pub fn send_bytes(
        &self,
        method: Method,
        path: &str,
        media_type: &str,
        body: Vec<u8>,
    ) -> Result<Answer, ureq::Error> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = request.header("authorization", format!("Bearer {}", self.access_token));
        let agent = Self::new(self.base.clone()).agent;
        let response = agent.run(request.header("content-type", media_type).body(body).unwrap());
        let (parts, mut body) = response?.into_parts();
        Ok(Answer::new(parts.status, parts.headers, body.read_to_vec()?.into()))
    }

    /// The answer, or what kept it from arriving.
    pub fn send(&self, method: Method, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if !self.access_token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.access_token));
        }
        let response = match body {
            Value::Null => self.agent.run(request.body(()).unwrap()),
            body => self
                .agent
                .run(request.header("content-type", "application/json").body(body.to_string()).unwrap()),
        };
        let (parts, mut body) = response?.into_parts();
        Ok(Answer::new(parts.status, parts.headers, body.read_to_vec()?.into()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &Value::Null).unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body).unwrap()
    }

    pub fn refresh(&self) -> Answer {
        self.post("/api/v1/auth/refresh", &json!({ "refresh_token": self.refresh_token }))
    }

    /// A new task's id, or how the attempt ended.
    pub fn try_task(&self, title: &str) -> Result<Answer, ureq::Error> {
        self.send(Method::POST, "/api/v1/tasks", &json!({ "title": title }))
    }

    /// The titles of all tasks.
    pub fn titles(&self) -> Vec<String> {
        let mut titles = Vec::new();
        let mut path = "/api/v1/tasks?limit=100".to_owned();
        loop {
            let page = self.get(&path).expect(200).json;
            titles.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|task| task["title"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else { return titles };
            path = format!("/api/v1/tasks?limit=100&cursor={cursor}");
        }
    }
}
