//! The outermost layer: a request gets its id; its answer, those of inner layers too, is rendered, guarded and logged.
//!
//! Written as a service of its own rather than with `axum::middleware::from_fn`, which boxes and clones the layers
//! below for each request; a tenth of what a short answer costs went there.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::Request;
use axum::response::Response;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::Door;
use super::access_log::AccessLine;
use super::request_id::RequestId;
use crate::base::{Error, Trace};
use crate::http::problem;
use crate::http::shape::{Shape, Told};

/// Puts [`Enter`] around a service.
#[derive(Clone)]
pub struct EnterLayer(pub Arc<Door>);

impl<S> Layer<S> for EnterLayer {
    type Service = Enter<S>;

    fn layer(&self, inner: S) -> Enter<S> {
        Enter { door: Arc::clone(&self.0), inner }
    }
}

/// The service that every request enters by.
#[derive(Clone)]
pub struct Enter<S> {
    door: Arc<Door>,
    inner: S,
}

impl<S> Service<Request> for Enter<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Entering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Entering<S::Future> {
        let id = self.door.ids.choose(request.headers());
        let line = AccessLine::begin(&request, &self.door.app.config.server.trusted_proxies);
        let shape = self.door.shapes.of(request.uri().path());
        request.extensions_mut().insert(id.clone());
        // A hundredth: a request that is slow by a hundred shorter statements is told by their number.
        let trace = Trace::new(id.as_str(), self.door.slow / 100);
        let answer = trace.enter(|| self.inner.call(request));
        Entering { answer, way_out: Some(WayOut { door: Arc::clone(&self.door), id, line, trace, shape }) }
    }
}

struct WayOut {
    door: Arc<Door>,
    id: RequestId,
    line: AccessLine,
    trace: Arc<Trace>,
    /// How the request's door words errors; `None`: as problem documents.
    shape: Option<Shape>,
}

impl WayOut {
    fn pass(self, response: Response) -> Response {
        let carried = response.extensions();
        let error =
            carried.get::<Error>().or_else(|| carried.get::<Told>().map(|Told(error)| error)).cloned();
        let mut response = problem::render(response, self.id.as_str(), self.shape);
        self.door.headers.apply(response.headers_mut(), &self.id);
        self.line.end(&self.door, &response, &self.id, error.as_ref(), &self.trace);
        response
    }
}

pin_project! {
    /// An answer on its way out.
    pub struct Entering<F> {
        #[pin]
        answer: F,
        way_out: Option<WayOut>,
    }
}

impl<F: Future<Output = Result<Response, Infallible>>> Future for Entering<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let entering = self.project();
        let way_out = entering.way_out.as_ref().expect("a future is not polled after its end");
        let Ok(response) = ready!(way_out.trace.enter(|| entering.answer.poll(cx)));
        let way_out = entering.way_out.take().expect("it was there a moment ago");
        Poll::Ready(Ok(way_out.pass(response)))
    }
}
