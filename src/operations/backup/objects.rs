//! Pictures in archives: those that stand in the data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::scratch::parent;
use super::{FILES, Watch};
use crate::files::ObjectName;

/// The bytes of all of them together.
pub(super) fn size(data: &Path) -> io::Result<u64> {
    let lengths = list(data)?.into_iter().map(|(path, _)| fs::metadata(path).map_or(0, |file| file.len()));
    Ok(lengths.sum())
}

/// Where objects stand in the data folder, and what they are called; none where a bucket has them.
fn list(data: &Path) -> io::Result<Vec<(PathBuf, ObjectName)>> {
    let mut objects = Vec::new();
    let folder = data.join(FILES);
    if !folder.exists() {
        return Ok(objects);
    }
    for shelf in fs::read_dir(folder)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for entry in fs::read_dir(shelf.path())? {
            let path = entry?.path();
            let ends = path.strip_prefix(data.join(FILES)).ok().and_then(Path::to_str);
            objects.extend(ends.and_then(ObjectName::of_path).map(|name| (path, name)));
        }
    }
    Ok(objects)
}

/// Adds the objects that the copy does not have yet. They never change, so that a second name for a file is a copy of it.
pub(super) fn copy(data: &Path, copy: &Path, watch: &Watch) -> Result<(), String> {
    let failed = |error: io::Error| format!("The files in {} cannot be copied: {error}.", data.display());
    let objects = list(data).map_err(failed)?;
    let total = objects.len() as u64;
    for (done, (path, name)) in objects.into_iter().enumerate() {
        watch.at("copying files", done as u64, total).map_err(failed)?;
        let target = copy.join(FILES).join(name.path());
        fs::create_dir_all(parent(&target)).map_err(failed)?;
        match fs::hard_link(&path, &target) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound) => {}
            // Not every disk has second names.
            Err(_) => match fs::copy(&path, &target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            },
        }
    }
    Ok(())
}
