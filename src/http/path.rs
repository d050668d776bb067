//! Ids in paths.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::base::{Error, Id, Result, codes};

/// Extractor: the `{id}` of the path; `None` when it is none of ours, which a route answers like an unknown id.
pub struct ItemId(pub Option<Id>);

impl<S: Send + Sync> FromRequestParts<S> for ItemId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let parameters = parameters(parts, state).await?;
        let text = parameters.iter().find(|(name, _)| *name == "id").map(|(_, value)| value);
        Ok(Self(text.and_then(|text| text.parse().ok())))
    }
}

/// Extractor: both ids of a path such as `/users/{id}/sessions/{session}`, each as in [`ItemId`].
pub struct ItemIds(pub Option<Id>, pub Option<Id>);

impl<S: Send + Sync> FromRequestParts<S> for ItemIds {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let parameters = parameters(parts, state).await?;
        let mut ids = parameters.iter().map(|(_, text)| text.parse().ok());
        Ok(Self(ids.next().flatten(), ids.next().flatten()))
    }
}

async fn parameters<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams> {
    RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|error| Error::new(&codes::ROUTE_NOT_FOUND).with_cause(error))
}
