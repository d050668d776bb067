//! The command line: one file per command. The only place that reads the process's environment.

mod audit;
mod backup;
mod completion;
mod config;
mod db;
mod doctor;
mod files;
mod key;
mod log_fields;
mod log_format;
mod log_writer;
mod logging;
mod mail;
mod openapi;
mod output;
mod password;
mod progress;
mod reference;
mod restore;
mod serve;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser, Subcommand};

use crate::app::App;
use crate::base::{Clock, SystemClock};
use crate::config::{Config, Loaded, Sources, load};
use crate::db::{Db, Preparation, Settings};
use crate::operations::DataFolder;
use crate::wiring::{self, Surroundings};

/// Exit code of a command that did not do its work.
const FAILED: u8 = 1;
/// Exit code of a wrong command line or configuration.
const MISUSED: u8 = 2;

/// Accounts, sign-in and owned data in one binary.
///
/// `portcullis serve` needs no configuration: it keeps everything in the folder portcullis-data and listens on
/// 127.0.0.1:5000. Settings come from portcullis.toml, then .env, then the environment (`PORTCULLIS_SERVER__LISTEN=…`), then
/// flags; `portcullis config show` tells what is in force and where each value came from.
///
/// Exit codes: 0 done, or nothing found wrong; 1 not done, standard error says why; 2 wrong command line or configuration,
/// trying again will not help.
#[derive(Parser)]
#[command(name = "portcullis", version, max_term_width = 100)]
struct Cli {
    /// Read this configuration file instead of portcullis.toml in the working folder.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Keep everything in this folder (the setting `data.dir`).
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Set any setting, such as `--set tokens.access_lifetime=5m`. May be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server until it is told to stop (SIGTERM or SIGINT).
    Serve(serve::Arguments),
    /// Look at the database, or bring its schema up to date.
    #[command(subcommand)]
    Db(db::Command),
    /// Write everything the server keeps into one archive, while it serves.
    Backup(backup::Arguments),
    /// Put an archive back. The server must not run.
    Restore(restore::Arguments),
    /// Make, list, approve, disable and delete accounts.
    #[command(subcommand)]
    User(user::Command),
    /// List, rotate and revoke the keys that sign tokens.
    #[command(subcommand)]
    Key(key::Command),
    /// Read what happened: who did what to whom.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look through the pictures that are kept.
    #[command(subcommand)]
    Files(files::Command),
    /// Look at mails, try them again, and try the way that they leave by.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Print the OpenAPI document of /api/v1.
    Openapi(openapi::Arguments),
    /// Look at the configuration, or check it.
    #[command(subcommand)]
    Config(config::Command),
    /// Examine this installation and say what to do about what is wrong.
    ///
    /// Looks at configuration, addresses and proxies, secrets, files and their permissions, disk space, the database with its
    /// settings and schema, the clock, keys and backups. It makes and changes nothing, and may run while the server runs and
    /// while the database is away. Exit code 1 when there is a problem; warnings alone leave it at 0.
    Doctor(doctor::Arguments),
    /// Print a script that completes this program's commands in a shell.
    Completion(completion::Arguments),
    /// Print the reference of the command line (docs/command-line.md).
    #[command(hide = true)]
    Reference,
}

/// How a command ends that did not succeed: a sentence for people and an exit code.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// A command line that says nothing that could be done.
    fn misused(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: MISUSED }
    }

    /// A configuration that was found wrong when it was tried.
    fn unusable_configuration(problems: &[String]) -> Self {
        let list = problems.join("\n  - ");
        Self { message: format!("the configuration cannot be used:\n  - {list}"), code: MISUSED }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, code: FAILED }
    }
}

impl From<crate::base::Error> for Failure {
    fn from(error: crate::base::Error) -> Self {
        let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
        Self { message: format!("{error}{cause}"), code: FAILED }
    }
}

/// The command line as the parser has it.
fn parser() -> clap::Command {
    Cli::command()
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, code }) => {
            eprintln!("portcullis: {message}");
            ExitCode::from(code)
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let sources = sources(&cli)?;
    match cli.command {
        Command::Openapi(arguments) => {
            openapi::run(&arguments);
            Ok(())
        }
        Command::Completion(arguments) => {
            completion::run(&arguments);
            Ok(())
        }
        Command::Reference => {
            say(reference::markdown().trim_end());
            Ok(())
        }
        Command::Config(command) => config::run(&command, sources),
        Command::Doctor(arguments) => doctor::run(&arguments, sources),
        Command::Serve(arguments) => serve::run(&arguments, loaded(arguments.flags(sources)?)?, cli.config),
        Command::Db(command) => db::run(&command, &usable(sources)?),
        Command::Backup(arguments) => backup::run(&arguments, &usable(sources)?),
        Command::Restore(arguments) => restore::run(&arguments, &usable(sources)?),
        Command::User(command) => user::run(command, usable(sources)?),
        Command::Audit(command) => audit::run(command, usable(sources)?),
        Command::Key(command) => key::run(&command, usable(sources)?),
        Command::Files(command) => files::run(&command, usable(sources)?),
        Command::Mail(command) => mail::run(command, usable(sources)?),
    }
}

fn loaded(sources: Sources) -> Result<Loaded, Failure> {
    load(sources).map_err(|problems| Failure { message: problems.to_string(), code: MISUSED })
}

/// A configuration that names a database. What only a server needs is not tried: who makes an account need not be able to
/// read the TLS key.
fn usable(sources: Sources) -> Result<Loaded, Failure> {
    let loaded = loaded(sources)?;
    wiring::check_database(&loaded.config).map_err(|problem| Failure::unusable_configuration(&[problem]))?;
    Ok(loaded)
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn sources(cli: &Cli) -> Result<Sources, Failure> {
    let working_dir =
        std::env::current_dir().map_err(|error| format!("The working folder cannot be found: {error}."))?;
    // What is not Unicode is no setting of ours.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    // The parser keeps only the group behind the last word of a command.
    let given = std::env::args_os().filter(|word| is_set_flag(&word.to_string_lossy())).count();
    if given != cli.set.len() {
        let message = "Write all --set flags in one place, behind the command.".to_owned();
        return Err(Failure { message, code: MISUSED });
    }
    let mut flags = Vec::new();
    for pair in &cli.set {
        let Some((name, value)) = pair.split_once('=') else {
            let message = format!("--set takes SECTION.KEY=VALUE, not {pair:?}.");
            return Err(Failure { message, code: MISUSED });
        };
        flags.push((name.to_owned(), value.to_owned()));
    }
    if let Some(folder) = &cli.data_dir {
        flags.push(("data.dir".into(), folder.display().to_string()));
    }
    Ok(Sources { working_dir, file: cli.config.clone(), environment, flags })
}

fn is_set_flag(word: &str) -> bool {
    word == "--set" || word.starts_with("--set=")
}

/// Prints to standard output; a reader that has gone (`| head`) is no failure.
fn say(text: impl std::fmt::Display) {
    writeln!(std::io::stdout(), "{text}").ok();
}

/// Refuses to work where no server has been: the database must be there with its schema, and the data folder.
fn expect_database(config: &Config) -> Result<(), Failure> {
    let folder = DataFolder::at(&config.data.dir);
    let now = SystemClock.now();
    let patience = wiring::WRITE_PATIENCE;
    let settings = Settings { database: &config.database, folder: folder.path(), now, patience };
    Db::open(settings, Preparation::Done)?.close(patience);
    DataFolder::find(&config.data.dir)?;
    Ok(())
}

/// An application for commands that work where a server has been, beside it or in its stead.
async fn attach(config: Config) -> Result<Arc<App>, Failure> {
    expect_database(&config)?;
    Ok(wiring::build(config, Surroundings::default()).await?)
}

/// Runs the asynchronous part of a command to its end.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("The runtime cannot be started: {error}."))?;
    Ok(runtime.block_on(future))
}
