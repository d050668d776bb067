//! Whether files are where they should be, and nobody else's to read.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{DataFolder, Findings};
use crate::base::text::shell_word;
use crate::config::Loaded;
use crate::db::{self, Place};
use crate::operations::backup::placing;

const AREA: &str = "files";

pub(super) fn examine(loaded: &Loaded, folder: &DataFolder, found: &mut Findings) {
    if placing::is_due(folder.path()) {
        found.warning(
            AREA,
            format!("a restore into {} was cut off after it was decided", folder.path().display()),
            "start the server, or any command that works on the folder: it finishes the restore",
        );
    }
    let config = &loaded.config;
    let mut private = vec![folder.path().to_owned(), folder.keys()];
    private.extend(inside(&folder.keys()));
    if let Ok(Place::File(path)) = db::place(&config.database, folder.path()) {
        private.extend(["", "-wal", "-shm"].map(|end| with_end(&path, end)));
    }
    let named = [
        &config.keys.master_key_file,
        &config.database.password_file,
        &config.backup.passphrase_file,
        &config.bootstrap.admin_password_file,
        &config.server.tls_key,
        &config.tokens.hs256_secret_file,
        &config.tokens.hs256_previous_secret_file,
        &config.backup.dir,
    ];
    private.extend(named.into_iter().flatten().cloned());
    private.extend(config.backup.dir.as_deref().map(inside).unwrap_or_default());
    private.extend(loaded.files_with_secrets());
    for path in private {
        match fs::metadata(&path) {
            Ok(data) => judge(&path, &data, found),
            // What must be there is missed elsewhere.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => found.problem(
                AREA,
                format!("{} cannot be looked at: {error}", path.display()),
                "run this as the account that runs the server",
            ),
        }
    }
    owners(folder, found);
    found.otherwise_ok(AREA, format!("{} and every secret are their owner's alone", folder.path().display()));
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

fn judge(path: &Path, data: &Metadata, found: &mut Findings) {
    let mode = data.permissions().mode() & 0o777;
    let (strangers, everybody) = (mode & 0o077, mode & 0o007);
    if strangers == 0 {
        return;
    }
    let advice = format!(
        "chmod {} {}",
        if data.is_dir() { "700" } else { "600" },
        shell_word(&path.to_string_lossy())
    );
    let name = path.display();
    if everybody == 0 {
        found.warning(AREA, format!("{name} is open to its group (mode {mode:o})"), advice);
    } else {
        found.problem(AREA, format!("{name} is open to everybody on this machine (mode {mode:o})"), advice);
    }
}

/// What a command run by root leaves in the folder, the server cannot write.
fn owners(folder: &DataFolder, found: &mut Findings) {
    let Ok(owner) = fs::metadata(folder.path()).map(|data| data.uid()) else { return };
    let keys = inside(&folder.keys());
    let strangers = inside(folder.path()).into_iter().chain(keys);
    for path in strangers.filter(|path| fs::symlink_metadata(path).is_ok_and(|data| data.uid() != owner)) {
        found.problem(
            AREA,
            format!("{} belongs to another account than its folder", path.display()),
            format!("chown --reference={} {}", word(folder.path()), word(&path)),
        );
    }
}

fn word(path: &Path) -> String {
    shell_word(&path.to_string_lossy())
}
