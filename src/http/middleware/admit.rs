//! The layer that lets a request in: it gets a place and a deadline, and its panic stays its own.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::CatchUnwind;
use pin_project_lite::pin_project;
use tokio::time::{Timeout, timeout};
use tower::{Layer, Service};

use super::in_flight::Place;
use super::{Door, host};
use crate::base::{Error, codes};

/// Puts [`Admit`] around a service.
#[derive(Clone)]
pub struct AdmitLayer(pub Arc<Door>);

impl<S> Layer<S> for AdmitLayer {
    type Service = Admit<S>;

    fn layer(&self, inner: S) -> Admit<S> {
        Admit { door: Arc::clone(&self.0), inner }
    }
}

/// The service that lets a request in.
#[derive(Clone)]
pub struct Admit<S> {
    door: Arc<Door>,
    inner: S,
}

impl<S, B> Service<Request> for Admit<S>
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Admitting<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Admitting<S::Future> {
        let Some(place) = self.door.in_flight.take(request.uri().path()) else {
            return Admitting::Refused { error: Some(Error::new(&codes::SERVER_BUSY)) };
        };
        if let Err(error) = host::check(&request) {
            return Admitting::Refused { error: Some(error) };
        }
        let work = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Admitting::Admitted { work: timeout(self.door.deadline, work), place }
    }
}

pin_project! {
    /// An answer being worked out, or a refusal.
    #[project = AdmittingProjection]
    pub enum Admitting<F> {
        Refused { error: Option<Error> },
        Admitted { #[pin] work: Timeout<CatchUnwind<AssertUnwindSafe<F>>>, place: Place },
    }
}

impl<F, B> Future for Admitting<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let refusal = match self.project() {
            AdmittingProjection::Refused { error } => {
                error.take().expect("a future is not polled after its end")
            }
            AdmittingProjection::Admitted { work, .. } => match ready!(work.poll(cx)) {
                Ok(Ok(Ok(response))) => return Poll::Ready(Ok(response.map(Body::new))),
                Ok(Err(_)) => Error::internal("a handler panicked; the panic stands above in the log"),
                Err(_) => Error::new(&codes::SERVER_TIMEOUT),
            },
        };
        Poll::Ready(Ok(refusal.into_response()))
    }
}
