//! Every answer names itself: `X-Request-Id`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::base::Randomness;

pub(super) static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request: the caller's, if sane, else ours.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// Gives out ids: a random part for this process and a counter.
pub(super) struct RequestIds {
    process: Arc<str>,
    counter: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(random: &dyn Randomness) -> Self {
        let process =
            random.bytes::<6>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Self { process: process.into(), counter: AtomicU64::new(1) }
    }

    pub(super) fn choose(&self, headers: &HeaderMap) -> RequestId {
        if let Some(theirs) = headers.get(&X_REQUEST_ID).filter(|value| sane(value.as_bytes())) {
            return RequestId(theirs.clone());
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        RequestId(HeaderValue::from_str(&format!("{}-{number:x}", self.process)).expect("hexadecimal digits"))
    }
}

/// Short, and nothing that could break a log line.
fn sane(id: &[u8]) -> bool {
    (1..=64).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_ids_of_callers_are_taken() {
        assert!(sane(b"7f3a-01.b_2"));
        for strange in ["", "a b", "a\"b", "ä", &"x".repeat(65)] {
            assert!(!sane(strange.as_bytes()), "{strange}");
        }
    }
}
