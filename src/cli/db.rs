//! `portcullis db …`.

use std::io::{IsTerminal, Write, stdin, stdout};

use super::{Failure, logging, say};
use crate::base::{Clock, SystemClock};
use crate::config::Loaded;
use crate::db::{Db, EngineReport, Preparation, Settings, StepState};
use crate::operations::DataFolder;
use crate::wiring::WRITE_PATIENCE;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Bring the schema up to date. `serve` does so too; this does it before.
    Migrate {
        /// Change nothing; exit code 1 when steps are missing.
        #[arg(long)]
        check: bool,
    },
    /// Show engine, version, place, sizes, settings that matter, and the steps of the schema.
    Status,
    /// Delete everything in the database, accounts and all, and begin with an empty schema. Keys and files stay.
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(command: &Command, loaded: &Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let folder = DataFolder::open(&loaded.config.data.dir)?;
    let settings = Settings {
        database: &loaded.config.database,
        folder: folder.path(),
        now: SystemClock.now(),
        patience: WRITE_PATIENCE,
    };
    match command {
        Command::Migrate { check: false } => {
            print_schema(&Db::open(settings, Preparation::Migrate)?.schema()?);
        }
        Command::Migrate { check: true } => check(&Db::open(settings, Preparation::None)?.schema()?)?,
        Command::Status => {
            let db = Db::open(settings, Preparation::None)?;
            print_report(&db.report()?);
            print_schema(&db.schema()?);
        }
        Command::Reset { yes } => {
            // A server would go on with what it remembers of the old rows.
            let _lock = folder.lock()?;
            let report = Db::open(settings, Preparation::None)?.report()?;
            if !yes {
                confirm(&report)?;
            }
            print_schema(&Db::open(settings, Preparation::Reset)?.schema()?);
        }
    }
    Ok(())
}

fn print_report(report: &EngineReport) {
    say(format_args!("{} {}", report.engine, report.version));
    say(format_args!("  {:<30} {}", "at", report.location));
    for (name, bytes) in &report.sizes {
        say(format_args!("  {name:<30} {bytes} bytes"));
    }
    for (name, value) in &report.settings {
        say(format_args!("  {name:<30} {}", if value.is_empty() { "-" } else { value }));
    }
}

fn print_schema(steps: &[StepState]) {
    say(format_args!("Schema"));
    for step in steps {
        let state = step
            .done_at
            .map_or_else(|| "not done yet; run: portcullis db migrate".into(), |at| format!("done {at}"));
        say(format_args!("  {:04} {:<20} {state}", step.number, step.name));
    }
}

fn check(steps: &[StepState]) -> Result<(), Failure> {
    print_schema(steps);
    let missing = steps.iter().filter(|step| step.done_at.is_none()).count();
    match missing {
        0 => Ok(()),
        1 => Err("One step is missing; run: portcullis db migrate".to_owned().into()),
        _ => Err(format!("{missing} steps are missing; run: portcullis db migrate").into()),
    }
}

fn confirm(report: &EngineReport) -> Result<(), Failure> {
    if !stdin().is_terminal() {
        return Err("Nobody is there to be asked; say --yes to delete everything.".to_owned().into());
    }
    let failed = |error: std::io::Error| format!("The answer cannot be read: {error}.");
    print!("Delete everything in the {} database {}? Type yes: ", report.engine, report.location);
    stdout().flush().map_err(failed)?;
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(failed)?;
    if answer.trim() == "yes" { Ok(()) } else { Err("Nothing was deleted.".to_owned().into()) }
}
