//! A request names its host once, and properly: else two readers of it could understand two hosts.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Version, header};

use crate::base::{Error, Result, codes};

/// Refuses what RFC 9112, section 3.2, wants refused with 400: a `Host` that is missing in HTTP/1.1, doubled, or no host
/// with an optional port. HTTP/2 carries the host in the request's address.
pub(super) fn check(request: &Request) -> Result<()> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let fault = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() == Version::HTTP_11 => "The Host header is missing.",
        (Some(_), Some(_)) => "There is more than one Host header.",
        (Some(host), None) if !is_host(host) => "The Host header is not a host with an optional port.",
        _ => return Ok(()),
    };
    Err(Error::new(&codes::MALFORMED_REQUEST).with_detail(fault))
}

fn is_host(value: &HeaderValue) -> bool {
    // An empty one is sent where the address has no host.
    value.is_empty()
        || value.to_str().is_ok_and(|text| !text.contains('@') && text.parse::<Authority>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_user_and_no_path() {
        for good in ["", "a", "a.example:443", "127.0.0.1:5000", "[::1]:5000"] {
            assert!(is_host(&HeaderValue::from_static(good)), "{good}");
        }
        for bad in ["a b", "a/b", "user@a", "a, b", "a:b:c", "\u{e9}", "http://a"] {
            assert!(!is_host(&HeaderValue::from_bytes(bad.as_bytes()).unwrap()), "{bad}");
        }
    }
}
