//! A folder of archives: their names, which is the newest, and which have had their time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::scratch::Unfinished;
use crate::base::Timestamp;

const PREFIX: &str = "portcullis-";
const PLAIN: &str = ".tar.gz";
const ENCRYPTED: &str = ".tar.gz.age";

/// `portcullis-20261121T081530.250Z.tar.gz`, and `.age` behind it when encrypted: sorted by name is sorted by time.
pub(super) fn name(at: Timestamp, encrypted: bool) -> String {
    let time = at.to_string().replace(['-', ':'], "");
    format!("{PREFIX}{time}{}", if encrypted { ENCRYPTED } else { PLAIN })
}

/// When an archive of this name was made; none for names of others.
fn made_at(name: &str) -> Option<Timestamp> {
    let rest = name.strip_prefix(PREFIX)?;
    let time = rest.strip_suffix(ENCRYPTED).or_else(|| rest.strip_suffix(PLAIN))?;
    let part = |from: usize, to: usize| time.get(from..to);
    let (date, clock) = (part(0, 8)?, part(8, time.len())?);
    let written = format!(
        "{}-{}-{}{}:{}:{}",
        date.get(0..4)?,
        date.get(4..6)?,
        date.get(6..8)?,
        clock.get(0..3)?,
        clock.get(3..5)?,
        clock.get(5..)?
    );
    // Read back exactly: nothing that only resembles a name of ours is ever removed.
    Timestamp::parse(&written).filter(|at| name == self::name(*at, name.ends_with(ENCRYPTED)))
}

/// All archives in the folder, newest first.
fn archives(folder: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(at) = entry.file_name().to_str().and_then(made_at) {
            found.push((at, entry.path()));
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    Ok(found)
}

/// When the newest archive in a folder was made. One from the future does not count: a clock that was wrong must not stop
/// backups.
///
/// # Errors
/// When the folder cannot be read.
pub fn newest(folder: &Path, now: Timestamp) -> io::Result<Option<Timestamp>> {
    Ok(archives(folder)?.into_iter().map(|(at, _)| at).find(|at| *at <= now))
}

/// Removes all archives but the newest `keep` and the one that was just made.
pub(super) fn remove_old(folder: &Path, keep: usize, just_made: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for (_, path) in archives(folder)?.into_iter().skip(keep) {
        if path != just_made {
            fs::remove_file(&path)?;
            removed.push(path);
        }
    }
    Ok(removed)
}

/// Removes what killed backups left.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().and_then(|name| name.strip_suffix(Unfinished::SUFFIX)).and_then(made_at).is_some() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_250);

    #[test]
    fn names_tell_the_time_and_nothing_else_has_one() {
        assert_eq!(name(NOON, false), "portcullis-20261121T120000.250Z.tar.gz");
        assert_eq!(made_at(&name(NOON, false)), Some(NOON));
        assert_eq!(made_at(&name(NOON, true)), Some(NOON));
        for other in [
            "portcullis-20261121T120000Z.tar.gz",
            "portcullis-20261321T120000.250Z.tar.gz",
            "portcullis-2026-11-21T12:00:00.250Z.tar.gz",
            "portcullis-20261121T120000.250Z.tar.gz.unfinished",
            "portcullis-éééééééééééééééééééé.tar.gz",
            "portcullis-.tar.gz",
            "other-20261121T120000.250Z.tar.gz",
            "portcullis-before-upgrade.tar.gz",
        ] {
            assert_eq!(made_at(other), None, "{other}");
        }
    }

    #[test]
    fn only_old_archives_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        let at = |minutes: u64| NOON.plus(std::time::Duration::from_mins(minutes));
        for minutes in 0..5 {
            put(&name(at(minutes), minutes % 2 == 0));
        }
        put(&(name(at(9), false) + Unfinished::SUFFIX));
        put("portcullis-before-upgrade.tar.gz");
        put("mine.tar.gz.unfinished");
        // The clock went back before the last one was made.
        let just_made = folder.path().join(name(at(0), true));
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(remove_old(folder.path(), 2, &just_made).unwrap().len(), 2);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let mut expected = vec![name(at(0), true), name(at(3), false), name(at(4), true)];
        expected.extend(["mine.tar.gz.unfinished".into(), "portcullis-before-upgrade.tar.gz".into()]);
        expected.sort();
        assert_eq!(left, expected);
        assert_eq!(newest(folder.path(), at(3)).unwrap(), Some(at(3)));
    }
}
