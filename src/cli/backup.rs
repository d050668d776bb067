//! `portcullis backup`.

use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, MISUSED, block_on, logging, password, progress};
use crate::base::text::shell_word;
use crate::base::{Clock, SystemClock};
use crate::config::{Config, Loaded};
use crate::operations::DataFolder;
use crate::operations::backup::{Database, Made, Order, Target, Watch, make, new_passphrase_in};
use crate::wiring;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where the archive goes: a file; a folder, where it gets a name with the time; or - for standard output.
    #[arg(value_name = "FILE|FOLDER|-")]
    target: PathBuf,
    /// Encrypt it with a passphrase of at least 12 characters, which is asked for without echo, or read from standard input
    /// when that is no terminal.
    #[arg(long)]
    encrypt: bool,
    /// Encrypt it with the passphrase in this file.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Keep this many archives in the folder and remove older ones, once the new one is good.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
}

pub(super) fn run(arguments: &Arguments, loaded: &Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let target = arguments.target()?;
    // Nothing is made for a server that is not here.
    DataFolder::find(&loaded.config.data.dir)?;
    let passphrase = arguments.passphrase()?;
    let watch = Arc::new(progress::watch());
    let database = wiring::backup_database(&loaded.config, &DataFolder::open(&loaded.config.data.dir)?)?;
    database.find()?;
    let work = make_cancellable(loaded.config.clone(), database.clone(), target, passphrase, watch);
    report(&block_on(work)??, &database);
    Ok(())
}

impl Arguments {
    fn target(&self) -> Result<Target, Failure> {
        let misused = |message: &str| Failure { message: message.to_owned(), code: MISUSED };
        if self.target.is_dir() {
            let keep = self.keep.map(|keep| keep as usize);
            return Ok(Target::Folder { path: self.target.clone(), keep });
        }
        if self.keep.is_some() {
            return Err(misused(&format!(
                "--keep goes with a folder that exists, not with a file or standard output. If {target} is meant to be \
                 one, make it first: mkdir -m 700 {word}",
                target = self.target.display(),
                word = shell_word(&self.target.display().to_string()),
            )));
        }
        if self.target.as_os_str() != "-" {
            return Ok(Target::File(self.target.clone()));
        }
        if stdout().is_terminal() {
            return Err(misused(
                "Standard output is a terminal. Send the archive into a file or another program.",
            ));
        }
        Ok(Target::Output)
    }

    fn passphrase(&self) -> Result<Option<SecretString>, String> {
        match &self.passphrase_file {
            Some(file) => new_passphrase_in(file).map(Some),
            None if self.encrypt => password::new_passphrase().map(Some),
            None => Ok(None),
        }
    }
}

/// SIGINT and SIGTERM end the work tidily.
async fn make_cancellable(
    config: Config,
    database: Database,
    target: Target,
    passphrase: Option<SecretString>,
    watch: Arc<Watch>,
) -> Result<Made, String> {
    let failed = |error: std::io::Error| format!("Signals cannot be listened to: {error}.");
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let watched = Arc::clone(&watch);
    let mut work = tokio::task::spawn_blocking(move || {
        let order = Order {
            data: &DataFolder::open(&config.data.dir)?,
            database: &database,
            target: &target,
            passphrase: passphrase.as_ref(),
            now: SystemClock.now(),
        };
        make(&order, &watched)
    });
    loop {
        tokio::select! {
            made = &mut work => return made.map_err(|error| format!("The backup ended in a fault of ours: {error}."))?,
            _ = terminate.recv() => watch.call_off(),
            _ = interrupt.recv() => watch.call_off(),
        }
    }
}

/// To standard error: standard output may be the archive.
fn report(made: &Made, database: &Database) {
    let done = made.path.as_ref().map_or_else(
        || "Sent the archive to standard output".to_owned(),
        |path| format!("Made {}", path.display()),
    );
    let members = &made.manifest.members;
    eprintln!("{done}: {}, {} files, restored once and found good.", made.size, members.len());
    for removed in &made.removed {
        eprintln!("Removed {}.", removed.display());
    }
    if let Database::Network(database) = database {
        eprintln!(
            "The archive holds keys and files. The rows stand in a {} server; copy them before each backup with:\n{}",
            made.manifest.engine,
            database.how_to_dump()
        );
    }
}
