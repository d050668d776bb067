//! Whether the last backup is young enough.

use std::io;

use super::Findings;
use crate::base::Timestamp;
use crate::config::Backup;
use crate::operations::backup;

const AREA: &str = "last backup";

pub(super) fn examine(settings: &Backup, now: Timestamp, found: &mut Findings) {
    let Some(dir) = &settings.dir else {
        let advice = "set backup.dir, or run portcullis backup by a timer, and copy the archives elsewhere";
        return found.warning(AREA, "the server makes no backups", advice);
    };
    let newest = match backup::newest(dir, now) {
        Ok(newest) => newest,
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let advice = "correct backup.dir, or run this as the account that runs the server";
            return found.problem(AREA, format!("{} cannot be read: {error}", dir.display()), advice);
        }
    };
    let Some(at) = newest else {
        let advice = "start the server: it makes one at once, and its log says why if it cannot";
        return found.warning(AREA, format!("there is none in {} yet", dir.display()), advice);
    };
    let age = now.since(at);
    let words =
        format!("{} old ({at})", humantime::format_duration(std::time::Duration::from_secs(age.as_secs())));
    if age > settings.every.saturating_mul(2) {
        let advice = "the log of the server says why it makes none (\"the backup failed\")";
        found.problem(AREA, format!("{words}, more than twice backup.every"), advice);
    } else {
        found.ok(AREA, words);
    }
}
