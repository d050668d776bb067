//! What is logged, caught for a test.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// What was logged, by every target and at every level.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Captures what this thread logs, as long as the guard lives.
    pub fn capture() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true);
        let subscriber = subscriber.with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        // Other threads come and go with subscribers of theirs; what they made of a log line's interest is no news here.
        tracing::callsite::rebuild_interest_cache();
        (log, guard)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Forgets what was captured.
    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// The lines of the access log.
    pub fn requests(&self) -> Vec<Value> {
        self.of("portcullis::access")
    }

    /// The lines of one target.
    pub fn of(&self, target: &str) -> Vec<Value> {
        let lines: Vec<Value> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["target"] == target).collect()
    }
}
