//! `portcullis db …`.

use super::{Failure, logging, say};
use crate::base::{Clock, SystemClock};
use crate::config::Loaded;
use crate::db::{Db, Settings};
use crate::operations::DataFolder;
use crate::wiring::{self, WRITE_PATIENCE};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Bring the schema up to date. `serve` does so too; this does it before.
    Migrate,
    /// Show engine, version, place, size, settings that matter, and the steps of the schema.
    Status,
}

pub(super) fn run(command: &Command, loaded: &Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let migrate = matches!(command, Command::Migrate);
    let folder = DataFolder::open(&loaded.config.data.dir)?;
    let path = wiring::database_path(&loaded.config, &folder)?;
    let db = Db::open(Settings { path, now: SystemClock.now(), patience: WRITE_PATIENCE, migrate })?;
    if !migrate {
        let report = db.report()?;
        say(format_args!("{} {}", report.engine, report.version));
        say(format_args!("  at          {}", report.location));
        say(format_args!("  size        {} bytes", report.size_bytes));
        for (name, value) in report.settings {
            say(format_args!("  {name:<15} {value}"));
        }
    }
    say(format_args!("Schema"));
    for step in db.schema()? {
        let state = step
            .done_at
            .map_or_else(|| "not done yet; run: portcullis db migrate".into(), |at| format!("done {at}"));
        say(format_args!("  {:04} {:<20} {state}", step.number, step.name));
    }
    Ok(())
}
