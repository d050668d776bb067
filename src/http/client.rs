//! Who is at the other end of the line, proxies that we trust peeled off.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;

use super::HttpState;
use crate::base::Origin;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks whose forwarded headers are believed.
#[derive(Clone, Copy)]
pub struct TrustedProxies<'a>(pub &'a [IpNet]);

impl TrustedProxies<'_> {
    /// The client's address: the peer, or, when the peer is a trusted proxy, the last address in `X-Forwarded-For`
    /// (read right to left) that is not one. What cannot be read as an address ends the walk: nothing left of it counts.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.0.is_empty() {
            return client;
        }
        let lines: Vec<_> = headers.get_all(&FORWARDED_FOR).iter().collect();
        // A client's rubbish must not take the addresses with it that the proxies behind it wrote into the same line.
        let lines = lines.iter().rev().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let hops: Vec<String> =
            lines.flat_map(|line| line.rsplit(',').map(str::to_owned).collect::<Vec<_>>()).collect();
        for hop in hops {
            if !self.0.iter().any(|network| network.contains(&client)) {
                break;
            }
            match parse_hop(hop.trim()) {
                Some(address) => client = address,
                None => break,
            }
        }
        client
    }
}

/// An address, perhaps with a port or in brackets.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .or_else(|_| hop.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>());
    address.ok().map(|address| address.to_canonical())
}

/// Extractor: where this request came from.
pub struct Client(pub Origin);

impl FromRequestParts<HttpState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Infallible> {
        let proxies = TrustedProxies(&state.app.config.server.trusted_proxies);
        let address = proxies.client(peer(&parts.extensions), &parts.headers);
        let agent = parts.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let user_agent = agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
        Ok(Self(Origin { address, user_agent }))
    }
}

/// The address at the other end of the connection; requests that came over none (tests) get the loopback.
pub fn peer(extensions: &Extensions) -> IpAddr {
    extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let networks: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(&FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        TrustedProxies(&networks).client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn forwarded_headers_are_believed_only_from_trusted_peers() {
        assert_eq!(client(&[], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.2", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn the_walk_goes_right_to_left_and_stops_at_the_first_stranger() {
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.2", &["6.6.6.6, 198.51.100.1, 10.0.0.7"]), "198.51.100.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.2", &["6.6.6.6", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.2", &["6.6.6.6, rubbish"]), "10.0.0.2");
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.2", &["\u{ff}, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client(&["::1/128"], "::1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client(&["127.0.0.0/8"], "::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    }
}
