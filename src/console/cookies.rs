//! The two cookies of the pages: whose session this is, and which browser was shown a form.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use std::time::Duration;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Names the session.
    Session,
    /// Marks a browser without a session, so that its forms are its own.
    Visit,
}

impl Cookie {
    /// Under HTTPS the prefix keeps neighbours on other hosts of the domain from planting one (RFC 6265bis, section 4.1.3.2).
    fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-portcullis",
            (Self::Session, false) => "portcullis",
            (Self::Visit, true) => "__Host-portcullis-visit",
            (Self::Visit, false) => "portcullis-visit",
        }
    }

    /// Its value in a request.
    pub(super) fn read(self, headers: &HeaderMap, https: bool) -> Option<&str> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name(https)).map(|(_, value)| value)
    }

    /// The `Set-Cookie` line that gives it; without a time it lasts as long as the browser runs.
    ///
    /// Lax, not Strict: a mailed link is opened from elsewhere, and the page behind it must know who is signed in. Nothing is
    /// done by such a request; forms of other sites come without cookies.
    pub(super) fn set(self, value: &str, https: bool, keep: Option<Duration>) -> HeaderValue {
        // The prefix demands the whole host; without it other servers on this machine need not see the cookie.
        let path = if https { "/; Secure" } else { "/account" };
        let keep = keep.map(|keep| format!("; Max-Age={}", keep.as_secs())).unwrap_or_default();
        let line = format!("{}={value}; Path={path}; HttpOnly; SameSite=Lax{keep}", self.name(https));
        HeaderValue::from_str(&line).expect("values are base64")
    }

    /// The `Set-Cookie` line that takes it back.
    pub(super) fn clear(self, https: bool) -> HeaderValue {
        self.set("", https, Some(Duration::ZERO))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; portcullis-visit=v;portcullis=s; b"));
        headers.append(COOKIE, HeaderValue::from_static("portcullis=other; __Host-portcullis=h"));
        assert_eq!(Cookie::Session.read(&headers, false), Some("s"));
        assert_eq!(Cookie::Visit.read(&headers, false), Some("v"));
        assert_eq!(Cookie::Session.read(&headers, true), Some("h"));
        assert_eq!(Cookie::Visit.read(&headers, true), None);
    }
}
