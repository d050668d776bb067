//! Half objects in the local folder: the writer that a crash took away had not yet given them their names.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::ObjectName;
use crate::base::Timestamp;

/// What stands between the name that a file is to get and the number that keeps it apart until then.
const UNFINISHED: char = '#';

/// Removes those that were last written before a time; how many.
pub(super) fn clear(folder: &Path, before: Timestamp) -> io::Result<u64> {
    let before =
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(before.millis()).unwrap_or_default());
    let mut cleared = 0;
    for shelf in fs::read_dir(folder)? {
        let shelf = shelf?;
        if !shelf.file_type()?.is_dir() {
            continue;
        }
        for entry in fs::read_dir(shelf.path())? {
            let (entry, shelf) = (entry?, shelf.file_name());
            if !is_half(&shelf.to_string_lossy(), &entry.file_name().to_string_lossy()) {
                continue;
            }
            match remove_old(&entry, before) {
                Ok(removed) => cleared += u64::from(removed),
                // Its writer has finished it, or another process was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(cleared)
}

fn is_half(shelf: &str, file: &str) -> bool {
    let named = |(name, _)| ObjectName::of_path(&format!("{shelf}/{name}"));
    file.rsplit_once(UNFINISHED).and_then(named).is_some()
}

fn remove_old(entry: &fs::DirEntry, before: SystemTime) -> io::Result<bool> {
    let old = entry.metadata()?.modified()? < before;
    if old {
        fs::remove_file(entry.path())?;
    }
    Ok(old)
}
