//! Answers to what is no request: the door's own words, headers and log line, although no request came through it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;

use super::Door;
use crate::app::App;
use crate::base::{Error, codes};
use crate::http::problem;
use crate::http::server::Refuse;

/// How the server refuses bytes that are no request.
pub fn refusals(app: &Arc<App>) -> Refuse {
    // Without a request there is no path that could belong to a dialect.
    let door = Door::new(app, Vec::new());
    Arc::new(move |status, peer| refuse(&door, status, peer))
}

fn refuse(door: &Door, status: StatusCode, peer: SocketAddr) -> Response<Bytes> {
    let code = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => &codes::HEADERS_TOO_LARGE,
        StatusCode::URI_TOO_LONG => &codes::ADDRESS_TOO_LONG,
        _ => &codes::MALFORMED_REQUEST,
    };
    let id = door.ids.choose(&HeaderMap::new());
    let mut response = problem::render(Error::new(code).into_response(), id.as_str(), None);
    door.headers.apply(response.headers_mut(), &id);
    let (status, client, request_id, code) = (response.status().as_u16(), peer.ip(), id.as_str(), code.name);
    tracing::info!(target: "portcullis::access", method = "-", route = "-", status, %client, request_id, code);
    response.map(whole)
}

/// The bytes of a body that is in memory already.
fn whole(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default()
}
