//! Whether the addresses go together: the one that is listened on, the public one, and those of proxies.

use ipnet::IpNet;
use url::{Host, Url};

use super::Findings;
use crate::config::Server;

const URL: &str = "public URL";
const PROXIES: &str = "proxies";

pub(super) fn examine(server: &Server, found: &mut Findings) {
    public_url(server, found);
    proxies(server, found);
}

fn public_url(server: &Server, found: &mut Findings) {
    let (listen, tls) = (server.listen, server.tls_certificate.is_some());
    let Some(url) = &server.public_url else {
        if listen.ip().is_loopback() && server.trusted_proxies.is_empty() {
            found.ok(URL, format!("none; clients on this machine use {listen}"));
        } else {
            found.warning(
                URL,
                format!("none is set, so documents and tokens name the address listened on, {listen}"),
                "set server.public_url to the address that clients use",
            );
        }
        return;
    };
    let encrypted = url.starts_with("https:");
    if tls && !encrypted {
        found.problem(
            URL,
            format!("it is {url}, and the server speaks HTTPS"),
            "begin server.public_url with https://",
        );
    } else if !encrypted && !is_local(url) {
        found.warning(
            URL,
            format!("{url} is not encrypted: passwords and tokens can be read on their way"),
            "use https: by a proxy in front, or by server.tls_certificate and server.tls_key",
        );
    } else {
        found.ok(URL, &**url);
    }
}

fn is_local(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn proxies(server: &Server, found: &mut Findings) {
    let (listen, trusted) = (server.listen, &server.trusted_proxies);
    let encrypted_outside = server.public_url.as_ref().is_some_and(|url| url.starts_with("https:"));
    let behind_proxy = encrypted_outside && server.tls_certificate.is_none();
    if let Some(everybody) = trusted.iter().find(|network| network.prefix_len() == 0) {
        found.problem(
            PROXIES,
            format!("{everybody} is believed, so any client may give itself any address"),
            "name the addresses of the proxies alone in server.trusted_proxies",
        );
    }
    let is_loopback = |network: &IpNet| network.network().is_loopback() || network.prefix_len() == 0;
    if !trusted.is_empty() && listen.ip().is_loopback() && !trusted.iter().any(is_loopback) {
        found.problem(
            PROXIES,
            format!("only this machine reaches {listen}, and server.trusted_proxies names others"),
            "add 127.0.0.1 (or ::1) to server.trusted_proxies, or listen where the proxies are",
        );
    }
    if behind_proxy && trusted.is_empty() {
        found.problem(
            PROXIES,
            "clients use https and the server speaks plain HTTP, so a proxy stands between, and none is believed: every \
             client seems to come from the proxy's address",
            "name the proxy in server.trusted_proxies, such as 127.0.0.1 for one on this machine",
        );
    }
    if behind_proxy && listen.ip().is_unspecified() {
        found.warning(
            PROXIES,
            format!("the server listens on every address ({listen}) in plain HTTP, beside the proxy"),
            "listen on the address that the proxy uses (server.listen), or close the port to everybody else",
        );
    }
    let networks: Vec<_> = trusted.iter().map(ToString::to_string).collect();
    let words = if networks.is_empty() { "none is believed".into() } else { networks.join(", ") };
    found.otherwise_ok(PROXIES, words);
}
