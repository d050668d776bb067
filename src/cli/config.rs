//! `portcullis config …`.

use super::{Failure, loaded};
use crate::config::{Sources, example_env, example_toml, reference_markdown};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Show every setting in force and where it came from; secrets are masked.
    Show {
        /// Print JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Check all sources and say what is wrong; exit code 2 when something is.
    Check,
    /// Print an example with every setting, its default, unit and meaning.
    Example {
        /// In which form.
        #[arg(value_enum, default_value = "toml")]
        form: Form,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Form {
    /// portcullis.example.toml
    Toml,
    /// .env.example
    Env,
    /// docs/configuration.md
    Markdown,
}

pub(super) fn run(command: &Command, sources: Sources) -> Result<(), Failure> {
    match command {
        Command::Show { json: false } => print!("{}", loaded(sources)?.show()),
        Command::Show { json: true } => println!("{}", loaded(sources)?.show_json()),
        Command::Check => {
            loaded(sources)?;
            println!("The configuration is good.");
        }
        Command::Example { form: Form::Toml } => print!("{}", example_toml()),
        Command::Example { form: Form::Env } => print!("{}", example_env()),
        Command::Example { form: Form::Markdown } => print!("{}", reference_markdown()),
    }
    Ok(())
}
