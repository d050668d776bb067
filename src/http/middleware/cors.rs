//! Which web pages of other origins may call us: the configured ones, and without any the layer is not there.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::request_id::X_REQUEST_ID;

/// The layer for these origins; `*` alone means any. Never with credentials: tokens travel in a header.
pub fn cors(origins: &[String]) -> Option<CorsLayer> {
    let allowed: AllowOrigin = match origins {
        [] => return None,
        [any] if any == "*" => Any.into(),
        some => {
            some.iter().filter_map(|origin| origin.parse::<HeaderValue>().ok()).collect::<Vec<_>>().into()
        }
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            X_REQUEST_ID.clone(),
        ])
        .expose_headers([ETAG, LOCATION, RETRY_AFTER, X_REQUEST_ID.clone()])
        .max_age(Duration::from_hours(1));
    Some(layer)
}
