//! Pictures on their way out: entity tags, parts of them (RFC 9110, sections 13 and 14), and nothing in them that may run.

use std::ops::Range;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::conditional::IfNoneMatch;
use crate::base::{Error, codes};

/// Who may keep a picture, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Anybody, for good: the address changes with the content.
    Public,
    /// The caller's own browser, for good: the address names the content.
    PrivateImmutable,
    /// The caller's own browser, which asks each time whether it changed.
    PrivateFresh,
}

impl Caching {
    const fn directives(self) -> &'static str {
        match self {
            Self::Public => "public, max-age=31536000, immutable",
            Self::PrivateImmutable => "private, max-age=31536000, immutable",
            Self::PrivateFresh => "private, no-cache",
        }
    }
}

/// What is known of a picture before it is read.
#[derive(Clone, Debug)]
pub struct Delivery<'a> {
    /// The entity tag without its quotes; no two contents share it.
    pub tag: &'a str,
    /// The media type.
    pub media_type: &'static str,
    /// Its length in bytes.
    pub length: u64,
    /// Who may keep it.
    pub caching: Caching,
}

/// How a picture is answered.
#[derive(Debug)]
pub enum Plan {
    /// Without content.
    Done(Response),
    /// With this part of it, which may be all.
    Send(Range<u64>),
}

impl Delivery<'_> {
    /// What the caller's headers ask for.
    pub fn plan(&self, headers: &HeaderMap, caller_has: &IfNoneMatch) -> Plan {
        let tag = format!("\"{}\"", self.tag);
        if caller_has.names(&tag) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            self.guard(response.headers_mut(), &tag);
            return Plan::Done(response);
        }
        let all = 0..self.length;
        let current = headers.get(IF_RANGE).is_none_or(|line| line.as_bytes() == tag.as_bytes());
        let asked = headers.get(RANGE).filter(|_| current).and_then(|line| line.to_str().ok());
        match asked.and_then(|line| part(line, self.length)) {
            None => Plan::Send(all),
            Some(Ok(part)) => Plan::Send(part),
            Some(Err(Beyond)) => {
                let mut response = Error::new(&codes::RANGE_NOT_SATISFIABLE).into_response();
                let length = format!("bytes */{}", self.length);
                response.headers_mut().insert(CONTENT_RANGE, header(&length));
                Plan::Done(response)
            }
        }
    }

    /// 200 with all of it, or 206 with a part.
    pub fn send(&self, part: Range<u64>, body: Body) -> Response {
        let mut response = Response::new(body);
        let whole = part == (0..self.length);
        let headers = response.headers_mut();
        self.guard(headers, &format!("\"{}\"", self.tag));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
        if !whole {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, self.length);
            headers.insert(CONTENT_RANGE, header(&range));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        response
    }

    fn guard(&self, headers: &mut HeaderMap, tag: &str) {
        headers.insert(ETAG, header(tag));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.caching.directives()));
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
        );
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Beyond;

/// The one part that is asked for. `None`: no part, several, or words that mean nothing; then all of it is sent, as is
/// allowed.
fn part(line: &str, length: u64) -> Option<Result<Range<u64>, Beyond>> {
    let (unit, asked) = line.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || asked.contains(',') {
        return None;
    }
    let (first, last) = asked.trim().split_once('-')?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        // A number beyond all numbers is beyond the end.
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let range = match (first, last) {
        ("", last) => length.saturating_sub(number(last)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return None;
            }
            first..last.saturating_add(1).min(length)
        }
    };
    Some(if range.start < range.end { Ok(range) } else { Err(Beyond) })
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("tags and numbers are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Result<Option<Range<u64>>, Beyond> {
        part(line, 10).transpose()
    }

    #[test]
    fn one_part_is_understood_and_everything_else_means_all() {
        for (line, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-5", 2..6),
            ("bytes=2-", 2..10),
            ("bytes=-3", 7..10),
            ("bytes=-30", 0..10),
            ("BYTES=0-99999999999999999999999", 0..10),
        ] {
            assert_eq!(asked(line), Ok(Some(range)), "{line}");
        }
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(beyond), Err(Beyond), "{beyond}");
        }
        for other in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "items=0-1",
            "bytes=5-2",
            "bytes=+1-2",
            "bytes=0-1,3-4",
            "bytes=a-b",
        ] {
            assert_eq!(asked(other), Ok(None), "{other}");
        }
    }
}
