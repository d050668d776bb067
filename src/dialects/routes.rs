//! The routes of a dialect: full paths, so that a request passes one router only, however deep its door stands.

use axum::handler::Handler;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, any};

use crate::http::HttpState;

/// Collects the routes of one dialect below its path.
pub(super) struct Routes {
    base: String,
    entries: Vec<(String, MethodRouter<HttpState>)>,
}

impl Routes {
    pub(super) fn below(base: &str) -> Self {
        Self { base: base.to_owned(), entries: Vec::new() }
    }

    /// What happens at a path. One that ends with a slash is redirected to without it, as Flask does.
    pub(super) fn at(&mut self, path: &str, methods: Methods) {
        let (full, methods) = (format!("{}{path}", self.base), methods.with_options());
        let bare = full.strip_suffix('/').filter(|bare| !bare.is_empty());
        if let Some(bare) = bare {
            let also = if path == "/" { methods.clone() } else { any(with_slash) };
            self.entries.push((bare.to_owned(), also));
        }
        self.entries.push((full, methods));
    }

    /// Every full path with what happens there.
    pub(super) fn into_entries(self) -> Vec<(String, MethodRouter<HttpState>)> {
        self.entries
    }
}

/// The same address with a slash behind its path, for every method and with its body (308).
async fn with_slash(uri: Uri) -> Redirect {
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    Redirect::permanent(&format!("{}/{query}", uri.path()))
}

/// The methods of one path. `OPTIONS` answers with their names.
pub(super) struct Methods {
    router: MethodRouter<HttpState>,
    names: Vec<&'static str>,
}

impl Methods {
    pub(super) fn new() -> Self {
        Self { router: MethodRouter::new(), names: Vec::new() }
    }

    pub(super) fn get<H: Handler<T, HttpState>, T: 'static>(self, handler: H) -> Self {
        self.with(&["GET", "HEAD"], |router| router.get(handler))
    }

    pub(super) fn post<H: Handler<T, HttpState>, T: 'static>(self, handler: H) -> Self {
        self.with(&["POST"], |router| router.post(handler))
    }

    pub(super) fn put<H: Handler<T, HttpState>, T: 'static>(self, handler: H) -> Self {
        self.with(&["PUT"], |router| router.put(handler))
    }

    pub(super) fn delete<H: Handler<T, HttpState>, T: 'static>(self, handler: H) -> Self {
        self.with(&["DELETE"], |router| router.delete(handler))
    }

    fn with(
        mut self,
        names: &[&'static str],
        add: impl FnOnce(MethodRouter<HttpState>) -> MethodRouter<HttpState>,
    ) -> Self {
        self.names.extend(names);
        self.router = add(self.router);
        self
    }

    fn with_options(mut self) -> MethodRouter<HttpState> {
        self.names.push("OPTIONS");
        let allow = HeaderValue::from_str(&self.names.join(", ")).expect("methods are visible ASCII");
        self.router.options(async move || -> Response { [(ALLOW, allow)].into_response() })
    }
}
