//! `portcullis restore`.

use std::fs::File;
use std::io::{Read, stdin};
use std::path::PathBuf;

use super::{Failure, block_on, logging, password, progress, say};
use crate::base::{Clock, SystemClock};
use crate::config::Loaded;
use crate::operations::DataFolder;
use crate::operations::backup::{Database, Restored, Terms, passphrase_in, restore};
use crate::wiring;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The archive: a file, or - for standard input.
    #[arg(value_name = "FILE|-")]
    archive: PathBuf,
    /// Open it with the passphrase in this file instead of asking.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Restore although the data folder is not empty; what is there is moved into its folder before-restore.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &Arguments, loaded: &Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let folder = DataFolder::open(&loaded.config.data.dir)?;
    let database = wiring::backup_database(&loaded.config, &folder)?;
    let now = SystemClock.now();
    let terms = Terms { data: &folder, database: &database, force: arguments.force, now };
    let ask = || match &arguments.passphrase_file {
        Some(file) => passphrase_in(file),
        None => password::known_passphrase(arguments.is_input()),
    };
    let restored = block_on(restore(arguments.open()?, &ask, &terms, &progress::watch()))??;
    report(&restored, &folder);
    if let Database::Network(server) = &database {
        say(format_args!(
            "The rows stand in a {} server. Before the server starts, put them back and end all sessions, so that no \
             spent token is good again:\n{}",
            database.engine(),
            server.how_to_load(now)
        ));
    }
    Ok(())
}

impl Arguments {
    fn is_input(&self) -> bool {
        self.archive.as_os_str() == "-"
    }

    fn open(&self) -> Result<Box<dyn Read>, String> {
        if self.is_input() {
            return Ok(Box::new(stdin().lock()));
        }
        match File::open(&self.archive) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(format!("The archive {} cannot be opened: {error}.", self.archive.display())),
        }
    }
}

fn report(restored: &Restored, folder: &DataFolder) {
    let manifest = &restored.manifest;
    say(format_args!(
        "Restored the backup of {} (Portcullis {}, {}) into {}.",
        manifest.created_at,
        manifest.version,
        manifest.engine,
        folder.path().display()
    ));
    if manifest.schema_step.is_some() {
        say(format_args!("Sessions ended: {}. Everybody signs in again.", restored.ended_sessions));
    }
    if restored.moved_aside {
        say(format_args!("What was there before is in {}/before-restore.", folder.path().display()));
    }
}
