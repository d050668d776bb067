//! hyper's way into the router, for one connection.

use std::{
    cell::RefCell,
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{Router, body::Body, extract::ConnectInfo, routing::future::RouteFuture};
use http::{HeaderValue, Request, Response, header::CONNECTION};
use hyper::body::{Body as _, Incoming};
use pin_project_lite::pin_project;
use tower::Service as _;

use super::{
    Scheme,
    body::{Download, Upload},
    pace::{Pace, Protocol, RequestMark},
};

/// The router as one connection reaches it.
pub(super) struct Entrance {
    // `Router::call` wants `&mut`, hyper gives `&`: a clone for each request would do, and would have all
    // connections write to one reference count.
    router: RefCell<Router>,
    peer: SocketAddr,
    scheme: Scheme,
    pace: Arc<Pace>,
}

impl Entrance {
    pub(super) fn new(router: Router, peer: SocketAddr, scheme: Scheme, pace: Arc<Pace>) -> Self {
        Self { router: RefCell::new(router), peer, scheme, pace }
    }
}

impl hyper::service::Service<Request<Incoming>> for Entrance {
    type Response = Response<Download>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let mark = RequestMark::new(&self.pace);
        let mut request = request.map(|incoming| {
            // An empty `Body` costs no allocation, any other is boxed.
            if incoming.is_end_stream() {
                Body::empty()
            } else {
                Body::new(Upload::new(incoming, &self.pace))
            }
        });
        request.extensions_mut().insert(ConnectInfo(self.peer));
        request.extensions_mut().insert(self.scheme);
        Answering { route: self.router.borrow_mut().call(request), mark: Some(mark) }
    }
}

pin_project! {
    /// The router's answer on its way to hyper.
    pub(super) struct Answering {
        #[pin]
        route: RouteFuture<Infallible>,
        mark: Option<RequestMark>,
    }
}

impl Future for Answering {
    type Output = Result<Response<Download>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answering = self.project();
        let Ok(mut response) = ready!(answering.route.poll(cx));
        let mark = answering.mark.take().expect("hyper does not poll a future that has given its answer");
        if mark.pace().protocol == Protocol::Http1 && mark.pace().draining.has_begun() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Poll::Ready(Ok(response.map(|body| Download::new(body, mark))))
    }
}
