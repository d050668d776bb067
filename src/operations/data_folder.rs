//! The data folder: one server at a time, nobody else's eyes.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::backup::placing;

/// The folder that holds database and keys.
pub struct DataFolder {
    path: PathBuf,
}

/// Held while a server or a backup runs; the operating system frees it whatever ends the process.
#[must_use]
pub struct FolderLock {
    _file: File,
}

impl DataFolder {
    /// Opens the folder, or makes it with mode 0700. A restore that a crash cut off after it was decided is finished.
    ///
    /// # Errors
    /// A sentence that names `data.dir`.
    pub fn open(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| {
            format!("The data folder {} (data.dir) cannot be used: {error}.", path.display())
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(folder = %path.display(), "the data folder can be read by others; run: chmod 700");
        }
        let folder = Self { path: fs::canonicalize(path).map_err(failed)? };
        if placing::is_due(&folder.path) {
            let _lock = folder.lock()?;
            placing::finish(&folder.path)?;
        }
        Ok(folder)
    }

    /// The folder as it is, or as it would be: nothing is made, finished or looked at.
    pub fn at(path: &Path) -> Self {
        let whole = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self { path: fs::canonicalize(path).unwrap_or_else(|_| whole()) }
    }

    /// The folder, which must be there; nothing is made.
    ///
    /// # Errors
    /// A sentence that names `data.dir`.
    pub fn find(path: &Path) -> Result<Self, String> {
        let folder = Self::at(path);
        if folder.path.is_dir() {
            return Ok(folder);
        }
        Err(format!(
            "There is no data folder {} (data.dir). Give this command the server's own configuration; the server makes its \
             folder when it starts.",
            folder.path.display()
        ))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the key files stand.
    pub fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// Takes the folder for one server.
    ///
    /// # Errors
    /// A sentence when another server has it.
    pub fn lock(&self) -> Result<FolderLock, String> {
        self.take("server.lock", || {
            format!(
                "Another Portcullis server is running on the data folder {} (data.dir). Stop it, or give this one a \
                 folder of its own.",
                self.path.display()
            )
        })
    }

    /// Takes the folder for work that no server may run beside.
    ///
    /// # Errors
    /// A sentence when one does.
    pub fn lock_against_servers(&self) -> Result<FolderLock, String> {
        self.take("server.lock", || {
            format!(
                "A Portcullis server is running on the data folder {} (data.dir). Stop it first.",
                self.path.display()
            )
        })
    }

    /// Takes the folder for one backup; servers do not mind.
    ///
    /// # Errors
    /// A sentence when another backup is at work.
    pub fn lock_for_backup(&self) -> Result<FolderLock, String> {
        self.take("backup.lock", || {
            format!(
                "Another backup of the data folder {} (data.dir) is at work. Try again when it is done.",
                self.path.display()
            )
        })
    }

    fn take(&self, name: &str, busy: impl FnOnce() -> String) -> Result<FolderLock, String> {
        let path = self.path.join(name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|error| format!("The lock {} cannot be made: {error}.", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(busy()),
            Err(TryLockError::Error(error)) => {
                Err(format!("The lock {} cannot be taken: {error}.", path.display()))
            }
        }
    }
}
