//! Whether there is room on the disks.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use bytesize::ByteSize;

use super::{DataFolder, Findings, Grade};
use crate::config::Config;
use crate::db::{self, Place};

const AREA: &str = "disk space";
/// With less, writes are about to be refused.
const LEAST: ByteSize = ByteSize::mib(64);
/// With less, somebody should make room.
const ENOUGH: ByteSize = ByteSize::mib(512);
/// With fewer, files can soon not be made.
const ENOUGH_FILES: u64 = 1000;

pub(super) fn examine(config: &Config, folder: &DataFolder, found: &mut Findings) {
    let mut places = vec![("the data folder", folder.path().to_owned())];
    let mut database = 0;
    if let Ok(Place::File(path)) = db::place(&config.database, folder.path()) {
        database = fs::metadata(&path).map_or(0, |data| data.len());
        places.push(("the database", path));
    }
    places.extend(config.backup.dir.clone().map(|dir| ("the archives", dir)));
    let mut seen = BTreeSet::new();
    for (what, path) in places {
        if let Ok(data) = fs::metadata(&path)
            && seen.insert(data.dev())
        {
            look(what, &path, database, found);
        }
    }
    if seen.is_empty() {
        found.warning(AREA, "there is nothing yet whose disk could be looked at", "start the server first");
    }
}

fn look(what: &str, path: &Path, database: u64, found: &mut Findings) {
    let state = match rustix::fs::statvfs(path) {
        Ok(state) => state,
        Err(error) => {
            let advice = "run this as the account that runs the server";
            return found.warning(AREA, format!("unknown for {what} ({}): {error}", path.display()), advice);
        }
    };
    let free = state.f_bavail.saturating_mul(state.f_frsize);
    let words = format!("{} free for {what} ({})", ByteSize::b(free), path.display());
    // File systems without a fixed number of files say none of none.
    let files = (state.f_files > 0).then_some(state.f_favail);
    match judge(free, files, database) {
        Grade::Ok => found.ok(AREA, words),
        grade => found.note(AREA, grade, words, "make room: when the disk is full, writes are answered 503"),
    }
}

/// A backup needs room for two copies of the database beside what the server goes on writing.
fn judge(free: u64, files: Option<u64>, database: u64) -> Grade {
    let wanted = ENOUGH.as_u64().max(database.saturating_mul(2).saturating_add(LEAST.as_u64()));
    if free < LEAST.as_u64() || files == Some(0) {
        Grade::Problem
    } else if free < wanted || files.is_some_and(|files| files < ENOUGH_FILES) {
        Grade::Warning
    } else {
        Grade::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged_by_what_is_needed() {
        const MIB: u64 = 1 << 20;
        for (free, files, database, grade) in [
            (63 * MIB, None, 0, Grade::Problem),
            (64 * MIB, None, 0, Grade::Warning),
            (511 * MIB, Some(5000), 0, Grade::Warning),
            (512 * MIB, Some(5000), 0, Grade::Ok),
            (512 * MIB, Some(999), 0, Grade::Warning),
            (512 * MIB, Some(0), 0, Grade::Problem),
            (2000 * MIB, None, 1000 * MIB, Grade::Warning),
            (2064 * MIB, None, 1000 * MIB, Grade::Ok),
        ] {
            assert_eq!(judge(free, files, database), grade, "{free} {files:?} {database}");
        }
    }
}
