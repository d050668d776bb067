//! One line a request: method, route template, status, time, who asked. Never a path as typed, a query, a token, a
//! password or a mail address; a server error's cause stands in the same line. What was slow has a second line, and the
//! time of each goes into the metrics.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use ipnet::IpNet;

use super::Door;
use super::request_id::RequestId;
use super::slow_request::{self, micros};
use crate::base::{Error, Stopwatch, Trace};
use crate::http::client::{TrustedProxies, peer};

/// What is noted when a request comes in.
pub(super) struct AccessLine {
    began: Stopwatch,
    method: Method,
    route: Option<MatchedPath>,
    client: IpAddr,
}

impl AccessLine {
    pub(super) fn begin(request: &Request, proxies: &[IpNet]) -> Self {
        Self {
            began: Stopwatch::start(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            client: TrustedProxies(proxies).client(peer(request.extensions()), request.headers()),
        }
    }

    pub(super) fn end(
        self,
        door: &Door,
        response: &Response,
        id: &RequestId,
        error: Option<&Error>,
        trace: &Trace,
    ) {
        let status = response.status().as_u16();
        let took = self.began.elapsed();
        let micros = micros(took);
        let route = self.route.as_ref().map_or("-", MatchedPath::as_str);
        let (method, client, request_id) = (self.method.as_str(), self.client, id.as_str());
        door.app.requests.note(method_label(&self.method), route, status, took);
        if took >= door.slow {
            slow_request::report(method, route, status, took, request_id, trace);
        }
        match error {
            None => {
                tracing::info!(target: "portcullis::access", method, route, status, micros, %client, request_id);
            }
            Some(error) => {
                let code = error.code().name;
                let cause = error.cause();
                if status < 500 {
                    tracing::info!(target: "portcullis::access", method, route, status, micros, %client, request_id, code);
                } else if status == 503 {
                    tracing::warn!(target: "portcullis::access", method, route, status, micros, %client, request_id, code, cause);
                } else {
                    tracing::error!(target: "portcullis::access", method, route, status, micros, %client, request_id, code, cause);
                }
            }
        }
    }
}

/// Strangers may invent methods; the metrics know those that exist.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
