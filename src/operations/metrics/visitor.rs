//! Who may read the metrics on the main address.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::base::{Error, Result, codes};
use crate::http::{HttpState, peer};

/// What proxies add. A proxy on an allowed address must not open the metrics to whom it forwards.
const FORWARDING: [&str; 7] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// Extractor: a caller at an allowed address, by no proxy. Others get what an unknown address gets.
pub(super) struct Visitor;

impl FromRequestParts<HttpState> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self> {
        let peer = peer(&parts.extensions).to_canonical();
        let allowed = state.app.config.metrics.allow.iter().any(|network| network.contains(&peer));
        if allowed && !forwarded(&parts.headers) {
            return Ok(Self);
        }
        Err(Error::new(&codes::ROUTE_NOT_FOUND))
    }
}

fn forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}
