//! The caller of a route that needs one.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::HttpState;
use crate::base::{Actor, Error, Result, codes};

/// Extractor: a caller with a good access token and a live session. As `Option`, it is `None` only without any
/// `Authorization` header: a bad token never looks like no token.
pub struct CurrentUser(pub Actor);

impl FromRequestParts<HttpState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self> {
        let token = bearer_token(&parts.headers)?.ok_or_else(|| Error::new(&codes::MISSING_TOKEN))?;
        state.authenticator.authenticate(token).await.map(Self)
    }
}

impl OptionalFromRequestParts<HttpState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Option<Self>> {
        match bearer_token(&parts.headers)? {
            None => Ok(None),
            Some(token) => state.authenticator.authenticate(token).await.map(|actor| Some(Self(actor))),
        }
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750, the scheme in any case); `None` without the header.
///
/// # Errors
/// `auth.invalid_token` for another scheme, an empty token or two headers.
pub fn bearer_token(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let token = line.to_str().ok().and_then(|line| {
        let (scheme, token) = line.split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then_some(token.trim())
    });
    match (token, lines.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(Error::new(&codes::INVALID_TOKEN)
            .with_detail("The Authorization header must be: Bearer <token>.")),
    }
}
