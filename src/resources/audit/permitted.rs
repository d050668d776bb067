//! Routes that not every account may call.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;

use super::refuse_permission;
use crate::base::{Caller, Error, Permission, Result};
use crate::http::{Client, CurrentUser, HttpState};

/// Extractor: a caller with a permission, by the role in force. A caller without it is refused, and that is noted.
pub struct Permitted<P>(pub P);

impl<P: Permission> FromRequestParts<HttpState> for Permitted<P> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self> {
        let CurrentUser(actor) =
            <CurrentUser as FromRequestParts<HttpState>>::from_request_parts(parts, state).await?;
        let Ok(Client(origin)) = Client::from_request_parts(parts, state).await;
        let caller = Caller::account(actor, origin);
        P::of(caller.clone()).map(Self).inspect_err(|_| {
            let asked = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let path: String = asked.path().chars().take(200).collect();
            refuse_permission::<P>(&state.app, &caller, &format!("{} {path}", parts.method));
        })
    }
}
