//! Half objects in the local folder: the writer that a crash took away had not yet given them their names.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

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
            let entry = entry?;
            if entry.file_name().to_string_lossy().contains(UNFINISHED)
                && entry.metadata()?.modified()? < before
            {
                fs::remove_file(entry.path())?;
                cleared += 1;
            }
        }
    }
    Ok(cleared)
}
