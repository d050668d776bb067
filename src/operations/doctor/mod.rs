//! What is wrong with an installation, and what to do about it. Everything here only looks: it makes nothing, changes
//! nothing, and gets along without a database.

mod addresses;
mod backups;
mod database;
mod disks;
mod files;
mod mail;
mod secrets;

use serde::Serialize;

use super::DataFolder;
use crate::base::Timestamp;
use crate::config::Loaded;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be.
    Ok,
    /// It works, and may hurt some day.
    Warning,
    /// It does not work, or is not safe.
    Problem,
}

impl Grade {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it belongs to, a word or two.
    pub area: &'static str,
    /// How bad it is.
    pub grade: Grade,
    /// What was found. Holds no secret.
    pub found: String,
    /// What to do; always there unless it is ok.
    pub advice: Option<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, area: &'static str, found: impl Into<String>) {
        self.0.push(Finding { area, grade: Grade::Ok, found: found.into(), advice: None });
    }

    fn warning(&mut self, area: &'static str, found: impl Into<String>, advice: impl Into<String>) {
        self.note(area, Grade::Warning, found, advice);
    }

    fn problem(&mut self, area: &'static str, found: impl Into<String>, advice: impl Into<String>) {
        self.note(area, Grade::Problem, found, advice);
    }

    fn note(
        &mut self,
        area: &'static str,
        grade: Grade,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.0.push(Finding { area, grade, found: found.into(), advice: Some(advice.into()) });
    }

    /// Says that an area is fine, if nothing was said of it.
    fn otherwise_ok(&mut self, area: &'static str, found: impl Into<String>) {
        if self.0.iter().all(|finding| finding.area != area) {
            self.ok(area, found);
        }
    }
}

/// Looks at everything. `refused` is what was found wrong with the configuration when it was tried.
pub async fn examine(loaded: &Loaded, refused: &[String], now: Timestamp) -> Vec<Finding> {
    let mut found = Findings::default();
    let config = &loaded.config;
    for why in refused {
        found.problem("configuration", why, "correct the setting; the server does not start with it");
    }
    found.otherwise_ok("configuration", "every setting can be used");
    addresses::examine(&config.server, &mut found);
    secrets::examine(config, &mut found);
    match DataFolder::find(&config.data.dir) {
        Ok(folder) => files::examine(loaded, &folder, &mut found),
        Err(why) => found.problem("files", why, "start the server, or correct data.dir"),
    }
    let folder = DataFolder::at(&config.data.dir);
    disks::examine(config, &folder, &mut found);
    database::examine(config, &folder, now, &mut found).await;
    backups::examine(&config.backup, now, &mut found);
    mail::examine(config, &mut found);
    found.0
}

/// What there is to say of a configuration that cannot be read: nothing else can be looked at.
pub fn unreadable(problems: impl Iterator<Item = String>) -> Vec<Finding> {
    let mut found = Findings::default();
    for problem in problems {
        found.problem("configuration", problem, "correct it; nothing else can be looked at before");
    }
    found.0
}
