//! An answer, read to its end.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;

/// Status, headers and body of one answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as it came.
    pub bytes: Bytes,
    /// The body as JSON; `null` when it is none.
    pub json: Value,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self::new(parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
    }

    pub fn new(status: StatusCode, headers: HeaderMap, bytes: Bytes) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, bytes, json }
    }

    /// Itself, when the status is this one; the test fails otherwise, showing the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:#?}");
        self
    }

    /// Itself, when it is a problem document with this status and code, as RFC 9457 and our contract have it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.json["code"].as_str()), (status, Some(code)), "{self:#?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], status);
        assert_eq!(self.json["request_id"], self.header("x-request-id"));
        assert_eq!(self.headers.contains_key("www-authenticate"), status == 401, "{self:#?}");
        assert_eq!(self.headers.contains_key("retry-after"), matches!(status, 429 | 503), "{self:#?}");
        for member in ["type", "title", "detail"] {
            assert!(self.json[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self:#?}");
        }
        self
    }

    /// Itself, when it says that the session has ended, and why.
    #[track_caller]
    pub fn session_ended(self, reason: &str) -> Self {
        let answer = self.problem(401, "auth.session_ended");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("({reason})")), "{detail} should name {reason}");
        answer
    }

    /// The `field: code` pairs of a problem document, sorted.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        let pair = |error: &Value| {
            let text = |member: &str| error[member].as_str().unwrap_or("?").to_owned();
            format!("{}: {}", text("field"), text("code"))
        };
        let mut pairs: Vec<_> = errors.iter().map(pair).collect();
        pairs.sort();
        pairs
    }

    /// A member of the body that is a text.
    #[track_caller]
    pub fn text_at(&self, member: &str) -> String {
        self.json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {self:#?}")).to_owned()
    }

    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
