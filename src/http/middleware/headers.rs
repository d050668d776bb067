//! Headers that make a browser careful with our answers; a handler that set one keeps its own.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::request_id::{RequestId, X_REQUEST_ID};

/// Which of them fit this server.
pub(super) struct SecurityHeaders {
    https: bool,
}

impl SecurityHeaders {
    pub(super) fn new(https: bool) -> Self {
        Self { https }
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap, id: &RequestId) {
        headers.insert(X_REQUEST_ID.clone(), id.header());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        default(headers, REFERRER_POLICY, "no-referrer");
        // Answers are data: nothing in them may run, load or be framed.
        default(headers, CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
        default(headers, CACHE_CONTROL, "no-store");
        if self.https {
            default(headers, STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
    }
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
