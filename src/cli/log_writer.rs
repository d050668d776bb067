//! Gathers log lines and writes many of them at once: a line a request must not cost a system call a request.
//!
//! Lines of level INFO and below wait at most [`LONGEST_WAIT`]; warnings and errors, and whatever waits before them, are
//! written at once. A `kill -9` loses the lines of that last moment, and nothing else.

use std::io::{self, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for company.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// So many waiting bytes are written without waiting longer.
const ENOUGH: usize = 64 * 1024;

/// Where log lines are handed in.
#[derive(Clone)]
pub(super) struct LogWriter(Arc<Shared>);

struct Shared {
    waiting: Mutex<Vec<u8>>,
    arrived: Condvar,
}

impl LogWriter {
    /// Starts the thread that writes to standard error.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), arrived: Condvar::new() });
        let writer = Arc::clone(&shared);
        std::thread::Builder::new().name("log".into()).spawn(move || writer.serve())?;
        Ok(Self(shared))
    }

    /// Writes what waits.
    pub(super) fn flush(&self) {
        Shared::write_out(self.0.lock());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self) {
        loop {
            let waiting = self.lock();
            let waiting = self.arrived.wait_while(waiting, |lines| lines.is_empty());
            drop(waiting);
            std::thread::sleep(LONGEST_WAIT);
            Self::write_out(self.lock());
        }
    }

    /// Writes under the lock, so that lines keep their order.
    fn write_out(mut waiting: MutexGuard<'_, Vec<u8>>) {
        // Nobody can be told that standard error is gone.
        stderr().write_all(&waiting).ok();
        waiting.clear();
    }
}

/// One event on its way out.
pub(super) struct Line<'a> {
    shared: &'a Shared,
    urgent: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.shared.lock();
        let first = waiting.is_empty();
        waiting.extend_from_slice(bytes);
        if self.urgent || waiting.len() >= ENOUGH {
            Shared::write_out(waiting);
        } else if first {
            self.shared.arrived.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { shared: &self.0, urgent: true }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line<'a> {
        Line { shared: &self.0, urgent: *event.level() <= Level::WARN }
    }
}
