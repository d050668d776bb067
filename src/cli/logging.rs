//! Where log lines go: standard error, for people on a terminal, as JSON otherwise.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::log_fields::NamedRequest;
use super::log_format::JsonLines;
use super::log_writer::LogWriter;
use crate::config::{Config, LogFormat};

/// Writes the lines that wait when it is dropped.
#[must_use]
pub(super) struct Logging(LogWriter);

impl Drop for Logging {
    fn drop(&mut self) {
        self.0.flush();
    }
}

/// Starts logging for a server.
pub(super) fn start(config: &Config) -> Result<Logging, String> {
    let writer =
        LogWriter::start().map_err(|error| format!("The log's thread cannot be started: {error}."))?;
    let filter = EnvFilter::try_new(&*config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(writer.clone());
    let pretty = match config.log.format {
        LogFormat::Auto => stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    // A second call (two servers in one process) keeps the first subscriber.
    if pretty {
        builder
            .fmt_fields(NamedRequest::default())
            .compact()
            .with_ansi(stderr().is_terminal())
            .try_init()
            .ok();
    } else {
        builder.event_format(JsonLines).try_init().ok();
    }
    report_panics();
    Ok(Logging(writer))
}

/// A panic is a log line like any other, which names the request that it befell.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let said = panic.payload_as_str().unwrap_or("(no text)");
        let thread = std::thread::current();
        tracing::error!(place, thread = thread.name(), cause = said, "a panic");
    }));
}

/// Starts logging for a command: warnings only, for people.
pub(super) fn start_quiet() {
    fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_writer(stderr)
        .compact()
        .without_time()
        .try_init()
        .ok();
}
