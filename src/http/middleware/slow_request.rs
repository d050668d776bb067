//! A request that took long is told of by itself, with the statement that took longest.

use std::time::Duration;

use crate::base::Trace;

/// One warning. The statement is its text: values stand in it as placeholders only.
pub(super) fn report(
    method: &str,
    route: &str,
    status: u16,
    took: Duration,
    request_id: &str,
    trace: &Trace,
) {
    let work = trace.database_work();
    let (statement, statement_took) = work.slowest.unzip();
    tracing::warn!(
        target: "portcullis::slow", method, route, status, micros = micros(took), request_id,
        waited_micros = micros(work.waited), database_micros = micros(work.worked), statements = work.statements,
        statement, statement_micros = statement_took.map(micros), "a slow request"
    );
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
