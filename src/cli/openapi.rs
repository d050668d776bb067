//! `portcullis openapi`.

use super::say;
use crate::http::docs;
use crate::wiring;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print the list of error codes instead (docs/errors.md).
    #[arg(long)]
    errors: bool,
}

pub(super) fn run(arguments: &Arguments) {
    say((if arguments.errors { docs::error_markdown() } else { wiring::openapi() }).trim_end());
}
