//! Making an archive: copy, pack, prove, and only then give it its name.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use secrecy::SecretString;

use super::archive::{pack, unpack};
use super::scratch::{Scratch, Unfinished, parent};
use super::{DATABASE, Database, KEYS, Manifest, Watch, folder, objects};
use crate::base::Timestamp;
use crate::db::backup;
use crate::operations::DataFolder;

/// What stays free on the data folder's disk: a server that runs goes on writing.
const RESERVE: ByteSize = ByteSize::mib(16);

/// Where an archive goes.
#[derive(Clone, Debug)]
pub enum Target {
    /// To this file; one that is there is replaced.
    File(PathBuf),
    /// Into this folder, under a name with the time.
    Folder {
        /// The folder.
        path: PathBuf,
        /// How many archives stay; none leaves all.
        keep: Option<usize>,
    },
    /// To standard output.
    Output,
}

/// What there is to tell of an archive.
#[derive(Debug)]
pub struct Made {
    /// Where it is; none when it went to standard output.
    pub path: Option<PathBuf>,
    /// Its length.
    pub size: ByteSize,
    /// What it holds.
    pub manifest: Manifest,
    /// Older archives that were removed.
    pub removed: Vec<PathBuf>,
}

/// What is to be archived, and how.
pub struct Order<'a> {
    /// The data folder.
    pub data: &'a DataFolder,
    /// The database.
    pub database: &'a Database,
    /// Where the archive goes.
    pub target: &'a Target,
    /// What it is encrypted with, if at all.
    pub passphrase: Option<&'a SecretString>,
    /// Now.
    pub now: Timestamp,
}

/// Makes an archive and proves that it can be restored. Servers and their writes go on meanwhile.
///
/// # Errors
/// A sentence for the operator; nothing is left behind.
pub fn make(order: &Order<'_>, watch: &Watch) -> Result<Made, String> {
    let made = make_locked(order, watch);
    if watch.is_called_off() {
        return Err("The backup was called off. Nothing of it was kept.".into());
    }
    made
}

fn make_locked(order: &Order<'_>, watch: &Watch) -> Result<Made, String> {
    let _lock = order.data.lock_for_backup()?;
    let scratch = Scratch::make(order.data.path().join(super::placing::SCRATCH))?;
    let target = match order.target {
        Target::File(path) => path.clone(),
        Target::Folder { path, .. } => path.join(folder::name(order.now, order.passphrase.is_some())),
        Target::Output => scratch.path().join("archive"),
    };
    if let Target::Folder { path, .. } = order.target {
        folder::remove_unfinished(path)
            .map_err(|error| format!("The folder {} cannot be cleared: {error}.", path.display()))?;
    }
    check_space(order, &target)?;
    let copy = scratch.folder("copy")?;
    let manifest = gather(order, &copy, watch)?;
    let unwritable =
        |error: io::Error| format!("The archive {} cannot be written: {error}.", target.display());
    let (unfinished, file) = Unfinished::make(&target).map_err(unwritable)?;
    let file = pack(&manifest, &copy, BufWriter::new(file), order.passphrase, watch)
        .and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error))
        .map_err(unwritable)?;
    file.sync_all().map_err(unwritable)?;
    drop((file, fs::remove_dir_all(&copy)));
    prove(unfinished.path(), order, &manifest, &scratch, watch)
        .map_err(|why| format!("The archive failed its check and was thrown away. {why}"))?;
    let size = ByteSize::b(fs::metadata(unfinished.path()).map_err(unwritable)?.len());
    let mut made = Made { path: None, size, manifest, removed: Vec::new() };
    if matches!(order.target, Target::Output) {
        send(unfinished.path())?;
        return Ok(made);
    }
    unfinished.finish().map_err(unwritable)?;
    if let Target::Folder { path, keep: Some(keep) } = order.target {
        made.removed = folder::remove_old(path, *keep, &target).map_err(|error| {
            format!("{} was made, but older archives cannot be removed: {error}.", target.display())
        })?;
    }
    made.path = Some(target);
    Ok(made)
}

/// Refuses work that would fill the disk that the server writes to.
fn check_space(order: &Order<'_>, target: &Path) -> Result<(), String> {
    let data = order.data.path();
    let database = match order.database {
        Database::File(database) => fs::metadata(database).map_or(0, |file| file.len()),
        Database::Network(_) => 0,
    };
    let unknown = |error: io::Error| format!("The space left in {} is unknown: {error}.", data.display());
    let disk = fs::metadata(data).map_err(unknown)?.dev();
    let shares_disk = fs::metadata(parent(target)).is_ok_and(|folder| folder.dev() == disk);
    // The copy is gone before the archive is unpacked for its check.
    let copies = if shares_disk { 2 } else { 1 };
    let objects = objects::size(data).map_err(unknown)?;
    let needed = (database + objects) * copies + RESERVE.as_u64();
    let state = rustix::fs::statvfs(data).map_err(|error| unknown(error.into()))?;
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    if free >= needed {
        return Ok(());
    }
    Err(format!(
        "The backup needs {} in the data folder {} for a while, and {} are free. Make room first.",
        ByteSize::b(needed),
        data.display(),
        ByteSize::b(free)
    ))
}

/// Puts everything that belongs into an archive into one folder. The keys come before the database and once more after it:
/// a set is written to its file before the database hears of it, and removed after the database has given it up.
fn gather(order: &Order<'_>, copy: &Path, watch: &Watch) -> Result<Manifest, String> {
    let keys = order.data.keys();
    let copy_keys = || {
        copy_keys(&keys, &copy.join(KEYS))
            .map_err(|error| format!("The keys in {} cannot be copied: {error}.", keys.display()))
    };
    fs::create_dir(copy.join(KEYS)).map_err(|error| format!("The keys cannot be copied: {error}."))?;
    copy_keys()?;
    let mut schema_step = None;
    let data = order.data.path();
    // Before the database and after it: an object that is removed meanwhile may have a row in the copy, and so may one that
    // is added.
    objects::copy(data, copy, watch)?;
    if let Database::File(database) = order.database {
        let file = copy.join(DATABASE);
        backup::copy(database, &file, &|done, total| watch.at("copying the database", done, total))?;
        let checked = backup::check(&file)
            .map_err(|why| format!("The copy failed its check, and no archive was made of it. {why}"))?;
        schema_step = Some(checked.schema_step);
    }
    objects::copy(data, copy, watch)?;
    copy_keys()?;
    Manifest::of(copy, order.database.engine(), schema_step, order.now)
        .map_err(|error| format!("The copy in {} cannot be read: {error}.", copy.display()))
}

fn copy_keys(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            match fs::copy(&path, to.join(path.file_name().unwrap_or_default())) {
                // It was revoked, or had had its time, at this very moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => drop(copied?),
            }
        }
    }
    Ok(())
}

/// Restores the archive into the scratch folder and looks through what came out.
fn prove(
    archive: &Path,
    order: &Order<'_>,
    manifest: &Manifest,
    scratch: &Scratch,
    watch: &Watch,
) -> Result<(), String> {
    let unreadable = |error: io::Error| format!("{} cannot be read: {error}.", archive.display());
    let file = File::open(archive).map_err(unreadable)?;
    let passphrase = || order.passphrase.cloned().ok_or_else(|| "It is encrypted.".to_owned());
    let restored = scratch.folder("check")?;
    if unpack(file, &passphrase, &restored, watch)? != *manifest {
        return Err("It holds something else than was put into it.".into());
    }
    if manifest.schema_step.is_some() {
        backup::check(&restored.join(DATABASE))?;
    }
    Ok(())
}

fn send(archive: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("The archive cannot be written to standard output: {error}.");
    let mut archive = BufReader::new(File::open(archive).map_err(failed)?);
    let mut output = io::stdout().lock();
    io::copy(&mut archive, &mut output).and_then(|_| output.flush()).map_err(failed)
}
