//! Ids in paths.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::base::{Error, Id, Result, codes};

/// Extractor: the `{id}` of the path; `None` when it is none of ours, which a route answers like an unknown id.
pub struct ItemId(pub Option<Id>);

impl<S: Send + Sync> FromRequestParts<S> for ItemId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|error| Error::new(&codes::ROUTE_NOT_FOUND).with_cause(error))?;
        let text = parameters.iter().find(|(name, _)| *name == "id").map(|(_, value)| value);
        Ok(Self(text.and_then(|text| text.parse().ok())))
    }
}
