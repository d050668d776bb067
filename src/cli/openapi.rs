//! `portcullis openapi`.

use crate::http::docs;
use crate::wiring;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Print the list of error codes instead (docs/errors.md).
    #[arg(long)]
    errors: bool,
}

pub(super) fn run(arguments: &Arguments) {
    print!("{}", if arguments.errors { docs::error_markdown() } else { wiring::openapi() });
}
