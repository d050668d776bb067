//! Backups that the server makes by itself. What was done is read off the folder of archives, so that it outlives restarts.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::made::Order;
use super::{Database, Made, Target, Watch, folder, make, new_passphrase_in};
use crate::app::App;
use crate::base::Timestamp;
use crate::config::Backup;
use crate::operations::DataFolder;

/// How often is looked whether a backup is due; a clock that was set, or a machine that slept, costs no more than this.
const LOOK: Duration = Duration::from_mins(1);
/// How long after a failed backup the next one is tried, if `backup.every` is not shorter.
const RETRY: Duration = Duration::from_mins(5);
/// How far the backup stands back behind requests (`nice(2)`).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The backups of one server, by its section `backup`.
pub struct Schedule {
    app: Arc<App>,
    database: Database,
    watch: Arc<Watch>,
    stopped: Notify,
}

impl Schedule {
    /// The schedule of an application.
    pub fn new(app: Arc<App>, database: Database) -> Self {
        Self { app, database, watch: Arc::new(Watch::quiet()), stopped: Notify::new() }
    }

    /// Makes backups when they are due, until it is stopped.
    pub async fn run(&self) {
        while self.app.config.backup.dir.is_some() && !self.watch.is_called_off() {
            self.turn().await;
            tokio::select! {
                () = self.stopped.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Makes no more backups; one at work is called off.
    pub fn stop(&self) {
        self.watch.call_off();
        self.stopped.notify_one();
    }

    /// Looks once, and makes a backup if one is due.
    pub async fn turn(&self) {
        let settings = &self.app.config.backup;
        let Some(dir) = &settings.dir else { return };
        let history = &self.app.backups;
        let now = self.app.now();
        let outcome = match prepare(dir, now) {
            Ok(newest) => {
                history.note_good(newest);
                if !is_due(now, newest, history.last_failed(), settings.every) {
                    return;
                }
                self.make_aside(now).await
            }
            Err(_) if !is_due(now, None, history.last_failed(), settings.every) => return,
            Err(why) => Err(why),
        };
        match outcome {
            Ok(made) => {
                history.note_good(Some(now));
                let (size, removed) = (made.size.as_u64(), made.removed.len());
                let archive = made.path.unwrap_or_default();
                tracing::info!(archive = %archive.display(), size, removed, "backup made and checked");
            }
            Err(_) if self.watch.is_called_off() => tracing::warn!("the backup at work was called off"),
            Err(reason) => {
                history.note_failed(self.app.now());
                tracing::error!(reason, "the backup failed; it is tried again");
            }
        }
    }

    /// Works on a thread of its own that stands back behind requests.
    async fn make_aside(&self, now: Timestamp) -> Result<Made, String> {
        let (app, database, watch) = (Arc::clone(&self.app), self.database.clone(), Arc::clone(&self.watch));
        let (reply, answer) = oneshot::channel();
        let work = move || {
            #[cfg(target_os = "linux")]
            if let Err(error) = rustix::process::setpriority_process(None, NICE) {
                tracing::debug!(%error, "the backup could not be niced");
            }
            reply.send(make_scheduled(&app, &database, now, &watch)).ok();
        };
        std::thread::Builder::new()
            .name("backup".into())
            .spawn(work)
            .map_err(|error| format!("The backup's thread cannot be started: {error}."))?;
        answer.await.map_err(|_| "The backup ended in a fault of ours; the log says more.".to_owned())?
    }
}

fn make_scheduled(app: &App, database: &Database, now: Timestamp, watch: &Watch) -> Result<Made, String> {
    let Backup { dir, keep, passphrase_file, .. } = &app.config.backup;
    let path = dir.clone().ok_or("backup.dir names no folder.")?;
    let passphrase = passphrase_file.as_deref().map(new_passphrase_in).transpose()?;
    let order = Order {
        data: &DataFolder::open(&app.config.data.dir)?,
        database,
        target: &Target::Folder { path, keep: Some(*keep) },
        passphrase: passphrase.as_ref(),
        now,
    };
    make(&order, watch)
}

/// Makes the folder if it is missing; the time of its newest archive.
fn prepare(dir: &Path, now: Timestamp) -> Result<Option<Timestamp>, String> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .and_then(|()| folder::newest(dir, now))
        .map_err(|error| format!("The folder {} (backup.dir) cannot be used: {error}.", dir.display()))
}

fn is_due(
    now: Timestamp,
    newest: Option<Timestamp>,
    last_failed: Option<Timestamp>,
    every: Duration,
) -> bool {
    let old = newest.is_none_or(|at| now.since(at) >= every);
    let rested = last_failed.is_none_or(|at| at > now || now.since(at) >= RETRY.min(every));
    old && rested
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_due_by_age_and_soon_after_a_failure() {
        let at = |minutes: u64| Timestamp::from_millis(0).plus(Duration::from_mins(minutes));
        let day = Duration::from_hours(24);
        let now = at(10_000);
        for (newest, failed, every, due) in [
            (None, None, day, true),
            (Some(at(10_000 - 1439)), None, day, false),
            (Some(at(10_000 - 1440)), None, day, true),
            (None, Some(at(9_996)), day, false),
            (None, Some(at(9_995)), day, true),
            (None, Some(at(9_998)), Duration::from_mins(2), true),
            // The clock went back since.
            (None, Some(at(20_000)), day, true),
        ] {
            assert_eq!(is_due(now, newest, failed, every), due, "{newest:?} {failed:?} {every:?}");
        }
    }
}
