//! Which web pages of other origins may call us: the configured ones, and without any the layer is not there.

use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER,
};
use axum::http::{HeaderName, HeaderValue, Method};
use futures_util::future::Either;
use tower::{Layer, Service};
use tower_http::cors::{AllowOrigin, Any, Cors, CorsLayer};

use super::request_id::X_REQUEST_ID;

/// The layer for these origins; `*` alone means any. Never with credentials: tokens travel in a header.
pub fn cors(origins: &[String]) -> Option<PreflightLayer> {
    let allowed: AllowOrigin = match origins {
        [] => return None,
        [any] if any == "*" => Any.into(),
        some => {
            some.iter().filter_map(|origin| origin.parse::<HeaderValue>().ok()).collect::<Vec<_>>().into()
        }
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            // Where clients of the dialect `form_login` have their token.
            HeaderName::from_static("x-access-token"),
            X_REQUEST_ID.clone(),
        ])
        .expose_headers([ETAG, LOCATION, RETRY_AFTER, X_REQUEST_ID.clone()])
        .max_age(Duration::from_hours(1));
    Some(PreflightLayer(layer))
}

/// Puts [`Preflight`] around a service.
#[derive(Clone)]
pub struct PreflightLayer(CorsLayer);

impl<S: Clone> Layer<S> for PreflightLayer {
    type Service = Preflight<S>;

    fn layer(&self, inner: S) -> Preflight<S> {
        Preflight { shared: self.0.layer(inner.clone()), plain: inner }
    }
}

/// Answers the questions that browsers ask ahead of a call. `OPTIONS` without such a question is a call like any other, which
/// [`Cors`] would answer as well.
#[derive(Clone)]
pub struct Preflight<S> {
    shared: Cors<S>,
    plain: S,
}

impl<S> Service<Request> for Preflight<S>
where
    S: Service<Request>,
    Cors<S>: Service<Request, Response = S::Response, Error = S::Error>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<<Cors<S> as Service<Request>>::Future, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self.plain.poll_ready(cx) {
            Poll::Ready(Ok(())) => self.shared.poll_ready(cx),
            other => other,
        }
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let asks = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if request.method() == Method::OPTIONS && !asks {
            return Either::Right(self.plain.call(request));
        }
        Either::Left(self.shared.call(request))
    }
}
