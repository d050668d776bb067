//! The caller of a dialect's route, by an access token where that dialect expects it.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::base::{Actor, Error, Result, codes};
use crate::http::HttpState;

/// Where a dialect's clients put their access token.
pub(super) trait TokenPlace {
    /// The token.
    ///
    /// # Errors
    /// `auth.missing_token` or `auth.invalid_token`, where the dialect sees none.
    fn token(headers: &HeaderMap) -> Result<&str>;
}

/// Extractor: a caller with a good access token and a live session.
pub(super) struct Caller<P> {
    pub actor: Actor,
    place: PhantomData<fn() -> P>,
}

impl<P: TokenPlace> FromRequestParts<HttpState> for Caller<P> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self> {
        let actor = state.authenticator.authenticate(P::token(&parts.headers)?).await?;
        Ok(Self { actor, place: PhantomData })
    }
}

/// A header's text; empty when there is none.
///
/// # Errors
/// `auth.invalid_token` when it is no text, or there are two.
pub(super) fn only(headers: &HeaderMap, name: HeaderName) -> Result<&str> {
    let mut lines = headers.get_all(name).iter();
    let text = lines.next().map_or(Some(""), |line| line.to_str().ok());
    text.filter(|_| lines.next().is_none()).ok_or_else(|| Error::new(&codes::INVALID_TOKEN))
}

/// The second word of the `Authorization` header, as programs take it that split the header at its blanks.
///
/// # Errors
/// `auth.missing_token` without the header, or with two blanks; `auth.invalid_token` for one word alone.
pub(super) fn second_word(headers: &HeaderMap) -> Result<&str> {
    let mut words = only(headers, AUTHORIZATION)?.split(' ');
    match (words.next(), words.next()) {
        (_, Some(token)) if !token.is_empty() => Ok(token),
        (Some(scheme), None) if !scheme.is_empty() => Err(Error::new(&codes::INVALID_TOKEN)),
        _ => Err(Error::new(&codes::MISSING_TOKEN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_word_is_the_token() {
        let read = |line: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(line.map(|line| (AUTHORIZATION, line.parse().unwrap())));
            second_word(&headers).map(str::to_owned).map_err(|error| error.code().name)
        };
        for (line, wanted) in [
            (None, Err("auth.missing_token")),
            (Some(""), Err("auth.missing_token")),
            (Some("Bearer  x"), Err("auth.missing_token")),
            (Some("Bearer"), Err("auth.invalid_token")),
            (Some("Bearer x"), Ok("x")),
            (Some("Token x y"), Ok("x")),
        ] {
            assert_eq!(read(line), wanted.map(str::to_owned), "{line:?}");
        }
    }
}
