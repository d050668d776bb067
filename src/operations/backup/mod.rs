//! Backups: one archive with everything that a server keeps, made while it serves, proved before it counts, and put back.
//!
//! An archive is a compressed tar file, encrypted in the age format if wished, that opens with standard tools:
//! `manifest.json` first, then `database.db`, `files/` and `keys/`. See `docs/backup.md`.

mod archive;
mod folder;
mod made;
mod manifest;
mod objects;
pub(super) mod placing;
mod restored;
pub mod schedule;
mod scratch;
mod source;
mod watch;

pub use folder::newest;
pub use made::{Made, Order, Target, make};
pub use manifest::Manifest;
pub use restored::{Restored, Terms, restore};
pub use source::{Database, NetworkDatabase};
pub use watch::{Progress, Watch};

use std::fs::{self, File};
use std::io;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::files::FOLDER as FILES;

/// What the database is called in an archive.
const DATABASE: &str = "database.db";
/// The folder of key files, in an archive as in the data folder.
const KEYS: &str = "keys";

/// The shortest passphrase that an archive is encrypted with, in characters.
const SHORTEST_PASSPHRASE: usize = 12;

/// A passphrase that is good enough to encrypt with: archives are carried to places where they can be tried for years.
///
/// # Errors
/// A sentence when it is too short.
pub fn new_passphrase(passphrase: SecretString) -> Result<SecretString, String> {
    long_enough(passphrase, "The passphrase")
}

/// The passphrase in a file that archives are to be encrypted with.
///
/// # Errors
/// A sentence that names the file: as [`passphrase_in`], or it is too short.
pub fn new_passphrase_in(file: &Path) -> Result<SecretString, String> {
    long_enough(passphrase_in(file)?, &format!("The passphrase in the file {}", file.display()))
}

fn long_enough(passphrase: SecretString, whose: &str) -> Result<SecretString, String> {
    match passphrase.expose_secret().chars().count() {
        0 => Err(format!("{whose} is empty.")),
        length if length < SHORTEST_PASSPHRASE => Err(format!(
            "{whose} has {length} characters; take at least {SHORTEST_PASSPHRASE}, such as those of: openssl rand -base64 24"
        )),
        _ => Ok(passphrase),
    }
}

/// The passphrase that a file holds, without the line's end.
///
/// # Errors
/// A sentence that names the file.
pub fn passphrase_in(file: &Path) -> Result<SecretString, String> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("The passphrase file {} cannot be read: {error}.", file.display()))?;
    let passphrase = text.trim_end_matches(['\n', '\r']);
    if passphrase.is_empty() {
        return Err(format!("The passphrase file {} is empty.", file.display()));
    }
    Ok(SecretString::from(passphrase))
}

/// Makes names of a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
