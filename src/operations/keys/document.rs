//! `/.well-known/jwks.json`: the public keys, for services that verify our tokens themselves (RFC 7517).

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::App;
use crate::base::Result;
use crate::http::{HttpState, IfNoneMatch};

/// The next set stands here long before it signs, so five minutes are never too long for a cache; and a revoked one is
/// forgotten after as much.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

pub(in crate::operations) fn routes() -> Router<HttpState> {
    Router::new().route("/.well-known/jwks.json", get(key_set))
}

async fn key_set(State(app): State<Arc<App>>, caller_has: IfNoneMatch) -> Result<Response> {
    app.key_keeper.ensure().await?;
    let keys: Vec<Value> = app.keys.all().iter().map(|(set, _)| set.public_jwk()).collect();
    let body = json!({ "keys": keys }).to_string();
    let hash = digest(&SHA256, body.as_bytes());
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..12]));
    let mut response = if caller_has.names(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, HeaderValue::from_str(&tag).expect("base64 is visible ASCII"));
    headers.insert(CACHE_CONTROL, CACHE);
    Ok(response)
}
