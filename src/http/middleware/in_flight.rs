//! How many requests are answered at once: one more gets 503 instead of a place in an endless queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the requests being answered.
pub(super) struct InFlight {
    limit: usize,
    now: Arc<AtomicUsize>,
}

/// One request's place; dropping it frees the place.
pub(super) struct Place(Arc<AtomicUsize>);

impl InFlight {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, now: Arc::default() }
    }

    /// A place, or `None` when all are taken. Health checks and metrics always get one: they tell that we are busy, not
    /// dead.
    pub(super) fn take(&self, path: &str) -> Option<Place> {
        let before = self.now.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.now));
        let exempt = matches!(path, "/healthz" | "/readyz" | "/metrics");
        (before < self.limit || exempt).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_come_back() {
        let in_flight = InFlight::new(1);
        let first = in_flight.take("/a");
        assert!(first.is_some() && in_flight.take("/a").is_none() && in_flight.take("/healthz").is_some());
        drop(first);
        assert!(in_flight.take("/a").is_some());
    }
}
