//! Places for what is not finished. They go with the value that stands for them; what a killed process left is cleared by
//! the next one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder for one piece of work.
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes it anew, empty and for its owner alone.
    pub(super) fn make(path: PathBuf) -> Result<Self, String> {
        let failed = |error: io::Error| format!("The folder {} cannot be made: {error}.", path.display());
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => DirBuilder::new().mode(0o700).create(&path).map_err(failed)?,
        }
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A new folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.path.join(name);
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(|error| format!("The folder {} cannot be made: {error}.", path.display()))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
    }
}

/// A file that gets its name only when it is whole.
pub(super) struct Unfinished {
    path: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// What the names of unfinished files end with.
    pub(super) const SUFFIX: &str = ".unfinished";

    /// Makes the file, for its owner alone, beside the one that it will become.
    pub(super) fn make(target: &Path) -> io::Result<(Self, File)> {
        let mut path = target.as_os_str().to_owned();
        path.push(Self::SUFFIX);
        let path = PathBuf::from(path);
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(error);
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Self { path, target: target.to_owned() }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name; whatever had the name before is replaced.
    pub(super) fn finish(self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)?;
        super::sync_folder(&parent(&self.target))
    }
}

impl Drop for Unfinished {
    /// Once finished there is nothing of this name any more.
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

/// The folder that a file stands in.
pub(super) fn parent(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
