//! What the router hands to handlers and extractors.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::app::App;
use crate::base::Authenticator;

/// The router's state: the application, and who can tell a caller by an access token.
#[derive(Clone)]
pub struct HttpState {
    /// The application.
    pub app: Arc<App>,
    /// Implemented by sessions, plugged in by the wiring.
    pub authenticator: Arc<dyn Authenticator>,
}

impl FromRef<HttpState> for Arc<App> {
    fn from_ref(state: &HttpState) -> Self {
        Self::clone(&state.app)
    }
}
