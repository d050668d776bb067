//! Ids in paths.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::base::{Error, Result, codes};

/// Extractor: the `{id}` of the path, which must be digits: with anything else there is no such path. `None` for a
/// number larger than any id.
pub(super) struct NumberedId(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for NumberedId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let text = id(parts, state).await?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::new(&codes::ROUTE_NOT_FOUND));
        }
        Ok(Self(text.parse().ok()))
    }
}

/// The `{id}` of the path, as it stands there.
pub(super) async fn id<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String> {
    let parameters = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|error| Error::new(&codes::ROUTE_NOT_FOUND).with_cause(error))?;
    Ok(parameters
        .iter()
        .find(|(name, _)| *name == "id")
        .map_or_else(String::new, |(_, value)| value.to_owned()))
}
