//! `portcullis config …`.

use super::output::{Form as OutputForm, Output};
use super::{Failure, loaded, say};
use crate::config::{Sources, example_env, example_toml, reference_markdown};
use crate::wiring;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Show every setting in force and where it came from; secrets are masked.
    Show {
        #[command(flatten)]
        form: OutputForm,
    },
    /// Check all sources, and try what can be tried without starting: the address of the database, and the files that
    /// settings name. Says everything that is wrong; exit code 2 when something is.
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
        Command::Show { form: OutputForm { output: Output::Table } } => {
            say((loaded(sources)?.show()).trim_end());
        }
        Command::Show { form: OutputForm { output: Output::Json } } => {
            say((loaded(sources)?.show_json()).trim_end());
        }
        Command::Check => {
            let problems = wiring::check(&loaded(sources)?.config);
            if !problems.is_empty() {
                return Err(Failure::unusable_configuration(&problems));
            }
            say(format_args!("The configuration is good."));
        }
        Command::Example { form: Form::Toml } => say((example_toml()).trim_end()),
        Command::Example { form: Form::Env } => say((example_env()).trim_end()),
        Command::Example { form: Form::Markdown } => say((reference_markdown()).trim_end()),
    }
    Ok(())
}
