//! Putting an archive back: into a place of its own first, proved, its sessions ended, and only then where it belongs.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::archive::{AskPassphrase, unpack};
use super::scratch::{Scratch, parent};
use super::{DATABASE, Database, Manifest, Watch, placing, sync_folder};
use crate::base::Timestamp;
use crate::db::{Db, backup};
use crate::mail;
use crate::operations::DataFolder;
use crate::resources::sessions::{self, EndReason};

/// How long the database may take to be written and closed; nobody else uses it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where an archive is put back, and on what terms.
pub struct Terms<'a> {
    /// The data folder.
    pub data: &'a DataFolder,
    /// The database that is configured.
    pub database: &'a Database,
    /// Whether data that is there may be moved aside.
    pub force: bool,
    /// Now.
    pub now: Timestamp,
}

/// What there is to tell of a restore.
#[derive(Debug)]
pub struct Restored {
    /// What was put back.
    pub manifest: Manifest,
    /// How many sessions were ended.
    pub ended_sessions: u64,
    /// Whether older data was moved into `before-restore`.
    pub moved_aside: bool,
}

/// Puts an archive back and ends all its sessions. A crash leaves either the old or the new.
///
/// # Errors
/// A sentence for the operator; the data folder is then as it was.
pub async fn restore(
    archive: impl Read,
    ask_passphrase: AskPassphrase<'_>,
    terms: &Terms<'_>,
    watch: &Watch,
) -> Result<Restored, String> {
    let _server = terms.data.lock_against_servers()?;
    let _backup = terms.data.lock_for_backup()?;
    let folder = terms.data.path();
    let moved_aside = check_place(folder, terms.force)?;
    let staging = Scratch::make(folder.join(placing::RESTORING))?;
    let kept = |why: String| format!("The archive cannot be restored. {why} Nothing was changed.");
    let manifest = unpack(archive, ask_passphrase, staging.path(), watch).map_err(kept)?;
    check_engine(&manifest, terms).map_err(kept)?;
    let mut ended_sessions = 0;
    if let Database::File(database) = terms.database {
        ended_sessions =
            finish_database(staging.path(), database, &manifest, terms.now).await.map_err(kept)?;
    }
    make_durable(staging.path()).map_err(|error| kept(format!("It cannot be stored: {error}.")))?;
    placing::decide(folder)?;
    Ok(Restored { manifest, ended_sessions, moved_aside })
}

/// Whether the place is free, or may be made free; `true` when something has to go aside.
fn check_place(folder: &Path, force: bool) -> Result<bool, String> {
    let data = placing::data_in(folder)
        .map_err(|error| format!("The data folder {} cannot be read: {error}.", folder.display()))?;
    if data.is_empty() {
        return Ok(false);
    }
    let names = data.join(", ");
    if !force {
        return Err(format!(
            "The data folder {} (data.dir) is not empty: it holds {names}. Restore into an empty one, or use --force, \
             which moves all that into {}.",
            folder.display(),
            folder.join(placing::ASIDE).display()
        ));
    }
    let aside = folder.join(placing::ASIDE);
    if aside.exists() {
        return Err(format!(
            "{} still holds what an earlier restore moved aside. Remove it, or move it elsewhere.",
            aside.display()
        ));
    }
    Ok(true)
}

fn check_engine(manifest: &Manifest, terms: &Terms<'_>) -> Result<(), String> {
    let (archived, configured) = (&manifest.engine, terms.database.engine());
    if archived != configured {
        return Err(format!("It is of a server with {archived}, and database.url names {configured}."));
    }
    let Database::File(database) = terms.database else { return Ok(()) };
    let home = fs::canonicalize(parent(database));
    if home.is_ok_and(|home| home == terms.data.path()) {
        return Ok(());
    }
    Err(format!(
        "database.url names {}, which is not in the data folder {}. Restore with --set database.url=sqlite: and move \
         portcullis.db from there to its place.",
        database.display(),
        terms.data.path().display()
    ))
}

/// Proves the database, ends its sessions and gives it its name.
async fn finish_database(
    staging: &Path,
    database: &Path,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<u64, String> {
    let file = staging.join(DATABASE);
    let found = backup::check(&file)?;
    if Some(found.schema_step) != manifest.schema_step {
        return Err("Its database has another schema than its manifest.json says.".into());
    }
    let ended = end_what_was_handed_out(&file, now).await?;
    fs::rename(&file, staging.join(database.file_name().unwrap_or(DATABASE.as_ref())))
        .map_err(|error| format!("It cannot be stored: {error}."))?;
    Ok(ended)
}

/// A restored counter must not revive a refresh token that was spent after the backup, nor a restored row what a mail
/// proved once; how many sessions there were.
async fn end_what_was_handed_out(file: &Path, now: Timestamp) -> Result<u64, String> {
    let db = Db::open_file(file, now, PATIENCE)?;
    let ended = db.write(move |writer| {
        mail::void_everywhere(writer, now)?;
        Ok(sessions::end_everywhere(writer, EndReason::Restored, now)?)
    });
    let ended = ended.await;
    db.close(PATIENCE);
    ended.map_err(|error| {
        format!("Its sessions cannot be ended: {}.", error.cause().unwrap_or(error.detail()))
    })
}

/// Lets nothing stand in memory only.
fn make_durable(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_durable(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(folder)
}
