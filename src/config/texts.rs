//! Text with a form of its own: addresses on the web, paths of doors and the log filter.

use std::fmt;
use std::ops::Deref;

use serde_json::Value as Json;
use url::Url;

use super::kinds::{Kind, Scalar};

macro_rules! text {
    ($Name:ident) => {
        impl Deref for $Name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// An `http` or `https` URL in canonical spelling, without user, query, fragment and trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

text!(PublicUrl);

impl Scalar for PublicUrl {
    const KIND: Kind = Kind::text(
        "an http or https URL without user name, query and fragment, such as https://id.example.org",
    );

    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let plain = is_anonymous(&url) && matches!(url.scheme(), "http" | "https");
        plain.then(|| Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    fn shown(&self) -> Json {
        Json::from(&**self)
    }
}

/// A web origin as browsers send it (`scheme://host`, with the port unless it is the scheme's own), or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsOrigin(String);

text!(CorsOrigin);

impl CorsOrigin {
    /// Whether it stands for every origin.
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl Scalar for CorsOrigin {
    const KIND: Kind = Kind::text("an origin");
    const LIST: &'static str =
        "origins, such as https://app.example.org or http://localhost:3000, or * alone";

    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self(text.to_owned()));
        }
        let url = Url::parse(text).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let pathless = matches!(url.path(), "" | "/") && !text.ends_with('/');
        (pathless && is_anonymous(&url)).then(|| Self(format!("{}://{host}{port}", url.scheme())))
    }

    fn shown(&self) -> Json {
        Json::from(&**self)
    }
}

/// The path that a door stands at, without a final slash; empty for the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountPath(String);

text!(MountPath);

impl Scalar for MountPath {
    const KIND: Kind = Kind::text("/ for the root, or a path such as /old");

    fn parse(text: &str) -> Option<Self> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
        let is_segment = |segment: &str| {
            !segment.is_empty() && segment.chars().all(plain) && !matches!(segment, "." | "..")
        };
        let fits =
            path.is_empty() || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment));
        (fits && !text.is_empty()).then(|| Self(path.to_owned()))
    }

    fn shown(&self) -> Json {
        Json::from(if self.0.is_empty() { "/" } else { &*self.0 })
    }
}

fn is_anonymous(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
}

/// Which messages are logged: a level, `target=level`, or several of these with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

text!(LogFilter);

impl Scalar for LogFilter {
    const KIND: Kind = Kind::text(
        "off, error, warn, info, debug or trace, or such levels for targets: portcullis=debug,info",
    );

    /// Narrower than what log filters can say: there a lone misspelt level is a target of that name, logged in
    /// full while everything else falls silent.
    fn parse(text: &str) -> Option<Self> {
        let is_level = |word: &str| matches!(word, "off" | "error" | "warn" | "info" | "debug" | "trace");
        let is_target = |word: &str| {
            !word.is_empty()
                && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
        };
        let is_directive = |part: &str| match part.split_once('=') {
            Some((target, level)) => is_target(target) && is_level(level),
            None => is_level(part),
        };
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        parts.iter().all(|part| is_directive(part)).then(|| Self(parts.join(",")))
    }

    fn shown(&self) -> Json {
        Json::from(&**self)
    }
}
