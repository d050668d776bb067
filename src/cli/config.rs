//! `portcullis config …`.

use super::{Failure, loaded, say};
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
        Command::Show { json: false } => say((loaded(sources)?.show()).trim_end()),
        Command::Show { json: true } => say(format_args!("{}", loaded(sources)?.show_json())),
        Command::Check => {
            loaded(sources)?;
            say(format_args!("The configuration is good."));
        }
        Command::Example { form: Form::Toml } => say((example_toml()).trim_end()),
        Command::Example { form: Form::Env } => say((example_env()).trim_end()),
        Command::Example { form: Form::Markdown } => say((reference_markdown()).trim_end()),
    }
    Ok(())
}
