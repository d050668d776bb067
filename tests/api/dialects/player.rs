//! Plays a file of exchanges: each says what is sent, what must come back, and which rows of the contract it shows.
//!
//! A step of a file is a JSON object. `send` is method and path; the body is one of `json`, `form`, `multipart` and
//! `text` (with its `type`); `files` stand beside `multipart`: by part a file `name` and which `picture` it is; `token` is short for an `Authorization: Bearer` header among `headers`. `status` is one or a
//! list, `answer` the JSON body, `says` the text, `header` headers (null: not there); all may hold placeholders. `times`
//! sends it so often at once: `status` then lists how all of them are answered, in any order. `capture` takes values out
//! of the answer by JSON pointer. Instead of `send`, `do` changes the world: `advance` the clock (only in this process: at
//! a server the play ends there), or let an administrator `approve`, `promote`, `demote` or `delete` whom `login` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pattern::{Captured, filled, filled_text, misfit};
use super::wire::Wire;
use crate::books::pictures;
use crate::support::{Answer, TestApp};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The rows of the contract that it shows.
    #[serde(default)]
    pub rows: Vec<String>,
    /// What it is about, where the request does not tell.
    #[serde(default)]
    about: String,
    #[serde(rename = "do")]
    doing: Option<String>,
    login: Option<String>,
    by: Option<String>,
    send: Option<String>,
    token: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    form: Option<Value>,
    multipart: Option<Value>,
    #[serde(default)]
    files: BTreeMap<String, FilePart>,
    text: Option<String>,
    /// Sends a body of so many bytes.
    bytes: Option<usize>,
    r#type: Option<String>,
    times: Option<usize>,
    status: Option<Value>,
    answer: Option<Value>,
    says: Option<String>,
    #[serde(default)]
    header: BTreeMap<String, Value>,
    #[serde(default)]
    capture: BTreeMap<String, String>,
}

/// A part of a form that is sent as a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePart {
    name: String,
    picture: String,
}

impl FilePart {
    fn content(&self) -> Vec<u8> {
        match &*self.picture {
            "png" => pictures::png(300, 200),
            "jpeg" => pictures::jpeg(200, 300),
            "gif" => pictures::gif(),
            "webp" => pictures::webp(),
            "broken" => pictures::png(300, 200)[..200].to_vec(),
            "page" => b"<!doctype html><script>alert(1)</script>".to_vec(),
            "none" => Vec::new(),
            other => panic!("there is no picture {other}"),
        }
    }
}

/// The steps of all files of a dialect, by file.
pub fn plays(dialect: &str) -> Vec<(String, Vec<Step>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/dialects").join(dialect);
    let mut plays: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(path).unwrap();
            let steps =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{dialect}/{name}: {error}"));
            (name, steps)
        })
        .collect();
    assert!(!plays.is_empty(), "{dialect} has no exchanges");
    plays.sort_by(|one, other| one.0.cmp(&other.0));
    plays
}

/// Where a play takes place.
pub struct Stage<'a> {
    pub wire: Wire,
    /// What stands before each path.
    pub base: String,
    /// The application, where it is one of this process.
    pub app: Option<&'a TestApp>,
    /// What administrators do, they do here.
    pub house: Wire,
    /// Login and password of an administrator.
    pub administrator: Option<(String, String)>,
}

impl Stage<'_> {
    /// Plays all steps; `run` makes the names in them its own.
    pub async fn play(&self, file: &str, steps: &[Step], captured: Captured) {
        let mut captured = captured;
        for (index, step) in steps.iter().enumerate() {
            let place =
                format!("{file}, step {} {}{}", index + 1, step.send.as_deref().unwrap_or("do"), step.about);
            if let Some(doing) = &step.doing {
                if !self.change(&place, doing, step, &captured).await {
                    return;
                }
                continue;
            }
            let answers = join_all((0..step.times.unwrap_or(1)).map(|_| self.send(step, &captured))).await;
            judge(&place, step, &answers, &captured);
            for (name, pointer) in &step.capture {
                let found = answers[0].json.pointer(pointer);
                let found =
                    found.unwrap_or_else(|| panic!("{place}: nothing at {pointer}: {:#?}", answers[0]));
                captured.insert(name.clone(), found.clone());
            }
        }
    }

    async fn send(&self, step: &Step, captured: &Captured) -> Answer {
        let sent = step.send.as_ref().unwrap();
        let (method, path) = sent.split_once(' ').unwrap();
        let path = filled_text(path, captured);
        let path = match path.split_once("://") {
            // An address that an answer named.
            Some((_, rest)) => rest[rest.find('/').unwrap()..].to_owned(),
            None => format!("{}{path}", self.base),
        };
        let mut headers: Vec<(String, String)> =
            step.headers.iter().map(|(name, value)| (name.clone(), filled_text(value, captured))).collect();
        if let Some(token) = &step.token {
            headers.push(("authorization".into(), format!("Bearer {}", filled_text(token, captured))));
        }
        let (kind, body) = step.body(captured);
        headers.extend(kind.map(|kind| ("content-type".into(), kind)));
        self.wire.send(method, &path, headers, body).await
    }

    /// Whether the play goes on.
    async fn change(&self, place: &str, doing: &str, step: &Step, captured: &Captured) -> bool {
        if doing == "advance" {
            let Some(app) = self.app else { return false };
            let minutes: u64 = step.by.as_ref().unwrap().strip_suffix('m').unwrap().parse().unwrap();
            app.advance(Duration::from_mins(minutes));
            return true;
        }
        let Some((login, password)) = &self.administrator else { return false };
        let house = |method: &'static str, path: String, token: Option<String>, body: Value| async move {
            let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
            let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
            self.house.send(method, &format!("/api/v1{path}"), headers, body).await
        };
        let signed_in =
            house("POST", "/auth/login".into(), None, json!({ "login": login, "password": password })).await;
        let token = Some(signed_in.expect(200).text_at("access_token"));
        let whom = filled_text(step.login.as_ref().unwrap(), captured);
        let found = house("GET", format!("/users?q={whom}"), token.clone(), Value::Null).await.expect(200);
        let id = found.json["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{place}: {found:#?}"));
        let (method, path, body, status) = match doing {
            "approve" => ("POST", format!("/users/{id}/approve"), json!({}), 200),
            "promote" => ("PATCH", format!("/users/{id}"), json!({ "role": "admin" }), 200),
            "demote" => ("PATCH", format!("/users/{id}"), json!({ "role": "user" }), 200),
            "delete" => ("DELETE", format!("/users/{id}"), Value::Null, 204),
            other => panic!("{place}: nobody knows how to {other}"),
        };
        house(method, path, token, body).await.expect(status);
        true
    }
}

const BOUNDARY: &str = "----exchange";

impl Step {
    fn body(&self, captured: &Captured) -> (Option<String>, Vec<u8>) {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields = |form: &Value| filled(form, captured).as_object().unwrap().clone();
        let (kind, body) = if let Some(json) = &self.json {
            (Some("application/json".to_owned()), filled(json, captured).to_string().into_bytes())
        } else if let Some(form) = &self.form {
            let mut encoded = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields(form) {
                encoded.append_pair(&name, &text(&value));
            }
            (Some("application/x-www-form-urlencoded".to_owned()), encoded.finish().into_bytes())
        } else if let Some(form) = &self.multipart {
            let mut body = Vec::new();
            let mut part = |head: String, content: &[u8]| {
                body.extend(
                    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes(),
                );
                body.extend(content);
                body.extend(b"\r\n");
            };
            for (name, value) in fields(form) {
                part(format!("name=\"{name}\""), text(&value).as_bytes());
            }
            for (name, file) in &self.files {
                part(format!("name=\"{name}\"; filename=\"{}\"", file.name), &file.content());
            }
            body.extend(format!("--{BOUNDARY}--\r\n").bytes());
            (Some(format!("multipart/form-data; boundary={BOUNDARY}")), body)
        } else if let Some(bytes) = self.bytes {
            (None, vec![b'x'; bytes])
        } else {
            let text = self.text.as_ref().map(|text| filled_text(text, captured));
            (None, text.unwrap_or_default().into_bytes())
        };
        (self.r#type.clone().or(kind), body)
    }
}

#[track_caller]
fn judge(place: &str, step: &Step, answers: &[Answer], captured: &Captured) {
    let mut statuses: Vec<u64> = answers.iter().map(|answer| answer.status.as_u16().into()).collect();
    let allowed: Vec<u64> = match step.status.as_ref().unwrap_or_else(|| panic!("{place}: no status")) {
        Value::Array(some) => some.iter().map(|status| status.as_u64().unwrap()).collect(),
        one => vec![one.as_u64().unwrap()],
    };
    if step.times.is_some() {
        statuses.sort_unstable();
        assert_eq!(statuses, allowed, "{place}: {answers:#?}");
        return;
    }
    let answer = &answers[0];
    assert!(allowed.contains(&statuses[0]), "{place}: {statuses:?} instead of {allowed:?}: {answer:#?}");
    if let Some(expected) = &step.answer {
        assert!(answer.header("content-type").starts_with("application/json"), "{place}: {answer:#?}");
        if let Some(misfit) = misfit(&filled(expected, captured), &answer.json, "") {
            panic!("{place}: {misfit}: {answer:#?}");
        }
    }
    if let Some(says) = &step.says {
        assert_eq!(answer.text, filled_text(says, captured), "{place}");
    }
    for (name, value) in &step.header {
        let found = answer.headers.get(name).map(|value| value.to_str().unwrap());
        let wanted = value.as_str().map(|value| filled_text(value, captured));
        assert_eq!(found, wanted.as_deref(), "{place}: {name}");
    }
    assert!(!answer.text.contains("Traceback") && !answer.text.contains("panicked"), "{place}: {answer:#?}");
}
