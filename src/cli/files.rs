//! `portcullis files …`. It may run while the server runs.

use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;

use super::{Failure, attach, block_on, logging, say};
use crate::app::App;
use crate::config::{Config, Loaded};
use crate::resources::books::{self, Inventory};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Hold the files against the database: tell of files that nothing names, and of covers whose files are missing.
    ///
    /// Files younger than 24 hours are passed over: the row that names one may still be on its way.
    ///
    /// Exit codes: 0 all is well, or was repaired; 1 something is wrong.
    Check {
        /// Remove files that nothing names, make lost thumbnails anew, and take covers off their books that are lost.
        #[arg(long)]
        repair: bool,
    },
}

pub(super) fn run(command: &Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    let Command::Check { repair } = command;
    block_on(check(loaded.config, *repair))?
}

async fn check(config: Config, repair: bool) -> Result<(), Failure> {
    let app = attach(config).await?;
    let outcome = look(&app, repair).await;
    app.db.close(Duration::from_secs(10));
    outcome
}

async fn look(app: &Arc<App>, repair: bool) -> Result<(), Failure> {
    let inventory = books::take_inventory(app).await?;
    tell(&inventory);
    let wrong = inventory.orphans.len() + inventory.missing.len();
    if wrong == 0 {
        return Ok(());
    }
    if repair {
        books::repair(app, &inventory).await?;
        say("Repaired.");
        return Ok(());
    }
    Err(format!("{wrong} things are wrong. portcullis files check --repair puts them right.").into())
}

fn tell(inventory: &Inventory) {
    say(format_args!("{} files, {}.", inventory.objects, ByteSize::b(inventory.bytes)));
    for orphan in &inventory.orphans {
        say(format_args!(
            "nothing names {} ({}, {})",
            orphan.name.path(),
            ByteSize::b(orphan.bytes),
            orphan.written_at
        ));
    }
    for missing in &inventory.missing {
        let lost = if missing.original { "the cover" } else { "the thumbnail of the cover" };
        say(format_args!("book {}: {lost} is lost", missing.book));
    }
}
