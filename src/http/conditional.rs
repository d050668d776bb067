//! One item on the wire: strong `ETag`, `If-None-Match`, `If-Match` (RFC 9110, section 13).

use std::convert::Infallible;
use std::fmt::Display;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::base::Precondition;

/// A row's version as a strong entity tag.
pub fn etag(version: i64) -> String {
    format!("\"{version:x}\"")
}

/// The same for an item that shows more than its row's version tells, such as what changes by itself in time. `If-Match`
/// asks for the version alone.
pub fn etag_with(version: i64, more: impl Display) -> String {
    format!("\"{version:x}.{more}\"")
}

/// Extractor: the caller's `If-None-Match`.
#[derive(Debug, Default)]
pub struct IfNoneMatch(Option<String>);

/// Extractor: the caller's `If-Match`. A tag that is none of ours matches no version.
pub struct IfMatch(pub Precondition);

impl IfNoneMatch {
    /// Whether the caller has what this strong tag stands for (a weak tag of it counts too).
    pub fn names(&self, tag: &str) -> bool {
        self.0.as_deref().is_some_and(|list| names(&list.replace("W/", ""), tag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(joined(&parts.headers, &IF_NONE_MATCH)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(match joined(&parts.headers, &IF_MATCH) {
            Some(list) if list.trim() != "*" => {
                Precondition::Versions(list.split(',').filter_map(version).collect())
            }
            _ => Precondition::None,
        }))
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    headers.contains_key(name).then(|| lines.join(","))
}

fn names(list: &str, tag: &str) -> bool {
    list.trim() == "*" || list.split(',').any(|entry| entry.trim() == tag)
}

/// The version in a strong tag of ours. The same number written otherwise is another tag.
fn version(tag: &str) -> Option<i64> {
    let tag = tag.trim();
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    let number = text.split_once('.').map_or(text, |(number, _)| number);
    let version = i64::from_str_radix(number, 16).ok()?;
    (format!("{version:x}") == number).then_some(version)
}

/// 200 with the item, or 304 when the caller has this version (a weak tag of it counts too).
pub fn item<T: Serialize>(view: &T, version: i64, caller_has: &IfNoneMatch) -> Response {
    tagged_item(view, &etag(version), caller_has)
}

/// The same under a tag of the caller's making.
pub fn tagged_item<T: Serialize>(view: &T, tag: &str, caller_has: &IfNoneMatch) -> Response {
    let mut response = if caller_has.names(tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(serde_json::to_vec(view).expect("views are JSON"))
    };
    response.headers_mut().insert(ETAG, header(tag));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// 201 with the new item's text, its address and its tag.
pub fn created(body: String, location: &str, tag: &str) -> Response {
    let mut response = json(body.into_bytes());
    *response.status_mut() = StatusCode::CREATED;
    response.headers_mut().insert(LOCATION, header(location));
    response.headers_mut().insert(ETAG, header(tag));
    response
}

/// 204.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("tags and addresses of ours are visible ASCII")
}
