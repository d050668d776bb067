//! The command line: one file per command. The only place that reads the process's environment.

mod backup;
mod config;
mod db;
mod key;
mod log_fields;
mod log_format;
mod log_writer;
mod logging;
mod openapi;
mod password;
mod progress;
mod restore;
mod serve;
mod user;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Loaded, Sources, load};

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
/// Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.
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
    /// Make and list accounts.
    #[command(subcommand)]
    User(user::Command),
    /// List, rotate and revoke the keys that sign tokens.
    #[command(subcommand)]
    Key(key::Command),
    /// Print the OpenAPI document of /api/v1.
    Openapi(openapi::Arguments),
    /// Look at the configuration, or check it.
    #[command(subcommand)]
    Config(config::Command),
}

/// How a command ends that did not succeed: a sentence for people and an exit code.
struct Failure {
    message: String,
    code: u8,
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
        Command::Config(command) => config::run(&command, sources),
        Command::Serve(arguments) => serve::run(&arguments, loaded(arguments.flags(sources))?),
        Command::Db(command) => db::run(&command, &loaded(sources)?),
        Command::Backup(arguments) => backup::run(&arguments, &loaded(sources)?),
        Command::Restore(arguments) => restore::run(&arguments, &loaded(sources)?),
        Command::User(command) => user::run(command, loaded(sources)?),
        Command::Key(command) => key::run(&command, loaded(sources)?),
    }
}

fn loaded(sources: Sources) -> Result<Loaded, Failure> {
    load(sources).map_err(|problems| Failure { message: problems.to_string(), code: MISUSED })
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

/// Runs the asynchronous part of a command to its end.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("The runtime cannot be started: {error}."))?;
    Ok(runtime.block_on(future))
}
