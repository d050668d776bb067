//! One log line as JSON: time, level, target and the event's fields, in that order, on one line. Every line that is written
//! while a request is worked for names it.
//!
//! The subscriber's own JSON goes through a tree of values for each field; a line a request is worth a straight way.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::base::{Clock, SystemClock, Trace};

/// Formats events as JSON lines.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let data = event.metadata();
        write!(
            writer,
            r#"{{"at":"{}","level":"{}","target":"{}""#,
            SystemClock.now(),
            data.level(),
            data.target()
        )?;
        let mut fields = Fields { writer, outcome: Ok(()), names_request: false };
        event.record(&mut fields);
        if !fields.names_request {
            Trace::with_current_id(|id| id.map(|id| fields.put_plain(REQUEST_ID, id)));
        }
        fields.outcome?;
        fields.writer.write_str("}\n")
    }
}

/// The field that names the request.
const REQUEST_ID: &str = "request_id";

struct Fields<'a> {
    writer: Writer<'a>,
    outcome: fmt::Result,
    names_request: bool,
}

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.names_request |= field.name() == REQUEST_ID;
        self.put_named(field.name(), value);
    }

    fn put_named(&mut self, name: &str, value: fmt::Arguments<'_>) {
        if self.outcome.is_ok() {
            self.outcome = write!(self.writer, r#","{name}":{value}"#);
        }
    }

    /// A text that needs no escaping, as ids of requests do not.
    fn put_plain(&mut self, name: &str, text: &str) {
        self.put_named(name, format_args!(r#""{text}""#));
    }

    fn put_text(&mut self, field: &Field, text: &str) {
        let plain = text.bytes().all(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\'));
        if plain {
            self.put(field, format_args!(r#""{text}""#));
        } else {
            let escaped = serde_json::to_string(text).unwrap_or_default();
            self.put(field, format_args!("{escaped}"));
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, format_args!("{value}"));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn every_line_is_one_json_object_whatever_the_texts_hold() {
        let lines = Arc::new(Mutex::new(Vec::<u8>::new()));
        let sink = Arc::clone(&lines);
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines)
            .with_writer(move || Sink(Arc::clone(&sink)))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(route = "/a\"b\\c\nd\u{1}é", status = 200_u16, client = %"::1", error = ?Some("x\"y"), ok = true, "said \"so\"");
        });
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["route"], "/a\"b\\c\nd\u{1}é");
        assert_eq!((&line["status"], &line["client"]), (&200.into(), &"::1".into()));
        assert_eq!((&line["error"], &line["ok"]), (&"Some(\"x\\\"y\")".into(), &true.into()));
        assert_eq!((&line["message"], &line["level"]), (&"said \"so\"".into(), &"INFO".into()));
    }

    #[test]
    fn a_line_names_the_request_that_is_worked_for_once() {
        let lines = Arc::new(Mutex::new(Vec::<u8>::new()));
        let sink = Arc::clone(&lines);
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLines)
            .with_writer(move || Sink(Arc::clone(&sink)))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!("before");
            Trace::new("7f3a-1", std::time::Duration::ZERO).enter(|| {
                tracing::info!("within");
                tracing::info!(request_id = "own", "named");
            });
        });
        let text = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        let ids: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["request_id"].clone())
            .collect();
        assert_eq!(ids, [serde_json::Value::Null, "7f3a-1".into(), "own".into()]);
        assert_eq!(text.matches("request_id").count(), 2, "{text}");
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
