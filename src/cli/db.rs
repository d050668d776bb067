//! `portcullis db …`.

use std::io::{IsTerminal, Write, stdin, stdout};

use serde_json::json;

use super::output::{Form, print_json};
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
    /// Show engine, version, place, sizes, settings that matter, those that are not safe, and the steps of the schema.
    Status {
        #[command(flatten)]
        form: Form,
    },
    /// Delete everything in the database, accounts and all, and begin with an empty schema. Keys stay; so
    /// do pictures, until they are a day old and the server finds that nothing names them (`files check --repair`).
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(command: &Command, loaded: &Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let folder = match command {
        Command::Migrate { check: false } => DataFolder::open(&loaded.config.data.dir)?,
        _ => DataFolder::at(&loaded.config.data.dir),
    };
    let open = |preparation| {
        let settings = Settings {
            database: &loaded.config.database,
            folder: folder.path(),
            now: SystemClock.now(),
            patience: WRITE_PATIENCE,
        };
        Db::open(settings, preparation)
    };
    match command {
        Command::Migrate { check: false } => print_schema(&open(Preparation::Migrate)?.schema()?),
        Command::Migrate { check: true } => check(&open(Preparation::None)?.schema()?)?,
        Command::Status { form } => print_status(&open(Preparation::None)?, *form)?,
        Command::Reset { yes } => {
            let report = open(Preparation::None)?.report()?;
            // A server would go on with what it remembers of the old rows.
            let _lock = DataFolder::open(&loaded.config.data.dir)?.lock_against_servers()?;
            if !yes {
                confirm(&report)?;
            }
            print_schema(&open(Preparation::Reset)?.schema()?);
        }
    }
    Ok(())
}

fn print_status(db: &Db, form: Form) -> Result<(), Failure> {
    let report = db.report()?;
    if form.is_json() {
        let sizes: serde_json::Map<_, _> =
            report.sizes.iter().map(|(name, bytes)| ((*name).to_owned(), json!(bytes))).collect();
        print_json(&json!({
            "engine": report.engine, "version": report.version, "location": report.location, "sizes": sizes,
            "settings": report.settings, "schema": db.schema()?,
        }));
    } else {
        print_report(&report);
        print_schema(&db.schema()?);
    }
    Ok(())
}

fn print_report(report: &EngineReport) {
    say(format_args!("{} {}", report.engine, report.version));
    say(format_args!("  {:<30} {}", "at", report.location));
    for (name, bytes) in &report.sizes {
        say(format_args!("  {name:<30} {bytes} bytes"));
    }
    for setting in &report.settings {
        let value = if setting.value.is_empty() { "-" } else { &setting.value };
        let danger = setting.danger.map_or_else(String::new, |danger| format!("  NOT SAFE: {danger}"));
        say(format_args!("  {:<30} {value}{danger}", setting.name));
    }
}

fn print_schema(steps: &[StepState]) {
    say(format_args!("Schema"));
    for step in steps {
        let state = match (step.done_at, step.started_at) {
            (Some(at), _) => format!("done {at}"),
            (None, Some(at)) => format!("begun {at} and not finished; run: portcullis db migrate"),
            (None, None) => "not done yet; run: portcullis db migrate".into(),
        };
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
