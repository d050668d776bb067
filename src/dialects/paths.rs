//! Integer ids in paths.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::base::{Error, Result, codes};

/// Extractor: the `{id}` of the path, which must be digits: with anything else there is no such path. `None` for a
/// number larger than any id.
pub(super) struct NumberedId(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for NumberedId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let no_path = || Error::new(&codes::ROUTE_NOT_FOUND);
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|error| no_path().with_cause(error))?;
        let text = parameters.iter().find(|(name, _)| *name == "id").map_or("", |(_, value)| value);
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(no_path());
        }
        Ok(Self(text.parse().ok()))
    }
}
