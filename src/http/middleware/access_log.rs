//! One line a request: method, route template, status, time, who asked. Never a path as typed, a query, a token, a
//! password or a mail address; a server error's cause stands in the same line.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::response::Response;
use ipnet::IpNet;

use super::request_id::RequestId;
use crate::base::{Error, Stopwatch};
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

    pub(super) fn end(self, response: &Response, id: &RequestId, error: Option<&Error>) {
        let status = response.status().as_u16();
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let route = self.route.as_ref().map_or("-", MatchedPath::as_str);
        let (method, client, request_id) = (self.method.as_str(), self.client, id.as_str());
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
