//! `/.well-known/jwks.json`: the public keys, for services that verify our tokens themselves (RFC 7517).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::http::HttpState;

pub(super) fn routes() -> Router<HttpState> {
    Router::new().route("/.well-known/jwks.json", get(key_set))
}

async fn key_set(State(app): State<Arc<App>>) -> Response {
    let keys: Vec<Value> = app.keys.all().iter().map(|set| set.public_jwk()).collect();
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))];
    (cache, Json(json!({ "keys": keys }))).into_response()
}
