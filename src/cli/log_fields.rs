//! Fields of log lines for people, with the id of the request that is worked for.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};

use crate::base::Trace;

/// As the subscriber writes them, and `request_id` where the line does not name the request itself.
#[derive(Default)]
pub(super) struct NamedRequest(DefaultFields);

impl<'w> FormatFields<'w> for NamedRequest {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut named = Named(false);
        fields.record(&mut named);
        if !named.0 {
            Trace::with_current_id(|id| id.map_or(Ok(()), |id| write!(writer, "request_id={id} ")))?;
        }
        self.0.format_fields(writer, fields)
    }
}

/// Whether a field names the request.
struct Named(bool);

impl Visit for Named {
    fn record_debug(&mut self, field: &Field, _: &dyn fmt::Debug) {
        self.0 |= field.name() == "request_id";
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_for_people_names_the_request_too() {
        let lines = Arc::new(Mutex::new(Vec::<u8>::new()));
        let sink = Arc::clone(&lines);
        let builder = tracing_subscriber::fmt().fmt_fields(NamedRequest::default()).with_ansi(false);
        let subscriber = builder.compact().with_writer(move || Sink(Arc::clone(&sink))).finish();
        tracing::subscriber::with_default(subscriber, || {
            Trace::new("7f3a-1", Duration::ZERO).enter(|| tracing::info!(a = 1, "within"));
            tracing::info!("after");
        });
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].contains("request_id=7f3a-1") && lines[0].contains("within a=1"), "{text}");
        assert!(!lines[1].contains("request_id"), "{text}");
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
