//! Nodes on one database server take its time for theirs: their own clocks may differ.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::base::{CorrectedClock, Result};
use crate::db::Db;

/// How often the difference is measured.
const EVERY: Duration = Duration::from_mins(1);
/// A difference that an operator should know of, in milliseconds.
const WORTH_A_WARNING: i64 = 30_000;

/// How often a first look is repeated that took too long to tell anything.
const FIRST_LOOKS: u32 = 5;

/// Corrects the clock for the first time.
///
/// # Errors
/// `database.unavailable`.
pub async fn correct_first(db: &Db, clock: &CorrectedClock) -> Result<()> {
    for _ in 0..FIRST_LOOKS {
        if look(db, clock).await? {
            return Ok(());
        }
    }
    tracing::warn!(
        "the database answers too slowly to tell its time; this machine's clock is used until it does"
    );
    Ok(())
}

/// Measures once how far the clock is from the database's, and corrects it; `false` when the look took too long.
async fn look(db: &Db, clock: &CorrectedClock) -> Result<bool> {
    let before = clock.ours();
    let Some(theirs) = db.time().await? else { return Ok(true) };
    let offset = clock.correct(before, theirs, clock.ours());
    match offset {
        Some(offset) if offset.abs() > WORTH_A_WARNING => {
            tracing::warn!(
                offset_ms = offset,
                "this machine's clock differs much from the database's; Portcullis goes by the database's"
            );
        }
        Some(offset) => tracing::debug!(offset_ms = offset, "the database's clock was looked at"),
        None => tracing::debug!("the database's clock was not to be seen clearly; the next look follows"),
    }
    Ok(offset.is_some())
}

/// Corrects the clock every minute; never ends, and does nothing where the database is a file.
pub async fn run(app: Arc<App>) {
    let Some(clock) = &app.database_clock else { return };
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = look(&app.db, clock).await {
            tracing::debug!(
                cause = error.cause(),
                "the database did not tell its time; the last difference holds"
            );
        }
    }
}
