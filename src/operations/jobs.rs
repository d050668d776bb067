//! What is done from time to time: old rows go, and deleted accounts are erased. Every job can be cut off at any point
//! and goes on at its next turn; nothing but the database remembers what is left to do.

use std::sync::Arc;
use std::time::Duration;

use super::keys;
use crate::app::App;
use crate::base::{Error, Result};
use crate::resources::{accounts, audit, books, erasures, guard, idempotency, sessions};

/// How often everything is looked through, besides being told.
const EVERY: Duration = Duration::from_mins(5);
/// How often all objects are held against the rows: a bucket is asked for its whole list.
const FILES_EVERY: Duration = Duration::from_hours(6);
/// How many rows one transaction removes: other writers wait no longer than that.
const CHUNK: u32 = 500;

/// Runs the jobs now, whenever an account is deleted, and every five minutes; never ends.
pub async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(
                code = error.code().name,
                cause = error.cause(),
                "a sweep broke off; it is tried again"
            );
        }
        tokio::select! {
            () = app.erasure.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Removes objects that no row names, now and every six hours; never ends.
pub async fn run_files(app: Arc<App>) {
    loop {
        match books::sweep(&app).await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files that nothing named any more were removed"),
            Err(error) => tracing::warn!(
                code = error.code().name,
                cause = error.cause(),
                "the sweep of files broke off; it is tried again"
            ),
        }
        tokio::time::sleep(FILES_EVERY).await;
    }
}

/// One turn of all jobs.
///
/// # Errors
/// When the database cannot take it; what was done stays done.
pub async fn sweep(app: &Arc<App>) -> Result<(), Error> {
    accounts::sweep_deleted(app, &erasures(app), CHUNK).await?;
    while sessions::sweep(app, CHUNK).await? > 0 {}
    while idempotency::sweep(app, CHUNK).await? > 0 {}
    while guard::sweep(app, CHUNK).await? > 0 {}
    app.limits.tidy();
    while app.mail.sweep(CHUNK).await? > 0 {}
    audit::tell_dropped(app).await?;
    while audit::sweep(app, CHUNK).await? > 0 {}
    keys::sweep(app).await
}
