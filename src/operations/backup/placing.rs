//! How a restored folder takes the place of an old one: step by step inside the data folder, because that may be a mount
//! point, or stand in a folder that is not ours. Renaming `restoring` to `restored` decides it: a crash before leaves the
//! old, a crash after is finished by whoever opens the data folder next.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use super::sync_folder;

/// What a restore is unpacked into; until it is renamed, nothing has happened.
pub(super) const RESTORING: &str = "restoring";
/// Decided: what is there goes aside.
const RESTORED: &str = "restored";
/// What was there is aside: the new files go to their places.
const PLACING: &str = "placing";
/// What was there before.
pub(super) const ASIDE: &str = "before-restore";
/// Where backups work.
pub(super) const SCRATCH: &str = "backup.scratch";

/// Names in a data folder that are nobody's data.
const NO_DATA: &[&str] =
    &["server.lock", "backup.lock", "lost+found", SCRATCH, RESTORING, RESTORED, PLACING, ASIDE];

/// The names of what an operator would miss, sorted.
pub(super) fn data_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !NO_DATA.iter().any(|other| name == OsStr::new(other)) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Decides for what was restored.
pub(super) fn decide(folder: &Path) -> Result<(), String> {
    fs::rename(folder.join(RESTORING), folder.join(RESTORED))
        .and_then(|()| sync_folder(folder))
        .map_err(|error| failed(folder, &error))?;
    finish(folder)
}

/// Whether a restore was decided and not finished.
pub(crate) fn is_due(folder: &Path) -> bool {
    folder.join(RESTORED).exists() || folder.join(PLACING).exists()
}

/// Finishes a restore that was decided, from wherever it is.
///
/// # Errors
/// A sentence; another call goes on from there.
pub(crate) fn finish(folder: &Path) -> Result<(), String> {
    let steps = || -> io::Result<()> {
        if folder.join(RESTORED).exists() {
            put_aside(folder)?;
            fs::rename(folder.join(RESTORED), folder.join(PLACING))?;
            sync_folder(folder)?;
        }
        if folder.join(PLACING).exists() {
            for entry in fs::read_dir(folder.join(PLACING))? {
                let entry = entry?;
                fs::rename(entry.path(), folder.join(entry.file_name()))?;
            }
            sync_folder(folder)?;
            fs::remove_dir(folder.join(PLACING))?;
        }
        sync_folder(folder)
    };
    steps().map_err(|error| failed(folder, &error))
}

fn put_aside(folder: &Path) -> io::Result<()> {
    let names = data_in(folder)?;
    if names.is_empty() {
        return Ok(());
    }
    let aside = folder.join(ASIDE);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&aside)?;
    for name in names {
        fs::rename(folder.join(&name), aside.join(&name))?;
    }
    sync_folder(&aside)
}

fn failed(folder: &Path, error: &io::Error) -> String {
    format!(
        "What was restored cannot be moved to its place in {}: {error}. Put that right; the next start goes on with it.",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::{TempDir, tempdir};

    /// A used data folder with a restore that is ready to be decided.
    fn ready() -> TempDir {
        let folder = tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        for made in ["keys", "restoring", "restoring/keys"] {
            fs::create_dir(folder.path().join(made)).unwrap();
        }
        put("server.lock", "");
        put("portcullis.db", "old");
        put("portcullis.db-wal", "old journal");
        put("keys/old.json", "");
        put("restoring/portcullis.db", "new");
        put("restoring/keys/new.json", "");
        folder
    }

    fn assert_new(folder: &Path) {
        assert!(!is_due(folder));
        assert_eq!(data_in(folder).unwrap(), ["keys", "portcullis.db"]);
        assert_eq!(fs::read_to_string(folder.join("portcullis.db")).unwrap(), "new");
        assert!(folder.join("keys/new.json").exists() && !folder.join("keys/old.json").exists());
        assert_eq!(data_in(&folder.join(ASIDE)).unwrap(), ["keys", "portcullis.db", "portcullis.db-wal"]);
        assert!(folder.join("server.lock").exists());
    }

    #[test]
    fn the_old_goes_aside_whole_and_the_new_takes_its_place() {
        let folder = ready();
        decide(folder.path()).unwrap();
        assert_new(folder.path());
    }

    #[test]
    fn before_the_decision_nothing_has_happened() {
        let folder = ready();
        assert!(!is_due(folder.path()));
        finish(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("portcullis.db")).unwrap(), "old");
    }

    #[test]
    fn a_crash_at_any_step_after_the_decision_ends_with_the_new() {
        type Crash = fn(&Path);
        let crashes: [Crash; 4] = [
            |_| {},
            |folder| {
                fs::create_dir(folder.join(ASIDE)).unwrap();
                fs::rename(folder.join("portcullis.db"), folder.join("before-restore/portcullis.db"))
                    .unwrap();
            },
            |folder| {
                put_aside(folder).unwrap();
                fs::rename(folder.join(RESTORED), folder.join(PLACING)).unwrap();
            },
            |folder| {
                put_aside(folder).unwrap();
                fs::rename(folder.join(RESTORED), folder.join(PLACING)).unwrap();
                fs::rename(folder.join("placing/keys"), folder.join("keys")).unwrap();
            },
        ];
        for crash in crashes {
            let folder = ready();
            fs::rename(folder.path().join(RESTORING), folder.path().join(RESTORED)).unwrap();
            crash(folder.path());
            assert!(is_due(folder.path()));
            finish(folder.path()).unwrap();
            assert_new(folder.path());
        }
    }
}
