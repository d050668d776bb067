//! How many requests were answered, how, and how fast.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Upper bounds of the classes, in seconds.
const CLASSES: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What requests are told apart by: few values each, whatever strangers send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// A histogram of times for each method, route template and status.
pub type RequestHistograms = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// The times of all requests since the start.
#[derive(Clone, Debug)]
pub struct RequestTimes(RequestHistograms);

impl Default for RequestTimes {
    fn default() -> Self {
        Self(Family::new_with_constructor(|| Histogram::new(CLASSES)))
    }
}

impl RequestTimes {
    /// Notes one answer. `route` is a template; an unknown address must come as one word.
    pub fn note(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method, route: route.to_owned(), status };
        self.0.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// The histograms, to be shown.
    pub fn histograms(&self) -> RequestHistograms {
        self.0.clone()
    }
}
