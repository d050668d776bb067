//! Whether the database is there, safe, and has our schema; what its clock says, and how old the keys are.

use std::time::Duration;

use super::{DataFolder, Findings};
use crate::base::{Result, Timestamp};
use crate::config::Config;
use crate::db::{Db, EngineReport, Preparation, Settings, StepState};

/// How long a job may wait for a file that somebody else is busy with.
const PATIENCE: Duration = Duration::from_secs(2);
/// A clock that is further off than this should be set.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);
/// Before this program was written: 2026-01-01T00:00:00Z.
const OLDEST_TIME: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// 2100-01-01T00:00:00Z.
const NEWEST_TIME: Timestamp = Timestamp::from_millis(4_102_444_800_000);
/// Keys that sign for longer should be rotated.
const OLDEST_KEY: Duration = Duration::from_hours(24 * 365);
/// Connections beside those of `database.workers`: for wide reads and sweeps.
const WIDE_WORKERS: usize = 2;

const CLOCK: &str = "clock";

pub(super) async fn examine(config: &Config, folder: &DataFolder, now: Timestamp, found: &mut Findings) {
    year(now, found);
    let settings = Settings { database: &config.database, folder: folder.path(), now, patience: PATIENCE };
    let db = match Db::open(settings, Preparation::None) {
        Ok(db) => db,
        Err(why) => {
            found.problem("database", why, "see \"Bad days of a database server\" in docs/operations.md");
            for area in ["schema", CLOCK, "keys"] {
                found.warning(area, "not looked at: the database is away", "run this again when it is back");
            }
            return;
        }
    };
    match db.report() {
        Ok(report) => engine(&report, config.database.workers, found),
        Err(error) => unanswered("database", &error, found),
    }
    let complete = match db.schema() {
        Ok(steps) => schema(&steps, now, found),
        Err(error) => {
            unanswered("schema", &error, found);
            false
        }
    };
    match db.time().await {
        Ok(theirs) => clock(now, theirs, found),
        Err(error) => unanswered(CLOCK, &error, found),
    }
    if complete {
        match newest_key(&db).await {
            Ok(newest) => keys(newest, now, found),
            Err(error) => unanswered("keys", &error, found),
        }
    }
    db.close(PATIENCE);
}

fn unanswered(area: &'static str, error: &crate::base::Error, found: &mut Findings) {
    let why = error.cause().unwrap_or(error.detail());
    found.problem(area, why, "see \"Bad days of a database server\" in docs/operations.md");
}

fn engine(report: &EngineReport, workers: usize, found: &mut Findings) {
    let EngineReport { engine, version, location, settings, .. } = report;
    found.ok("database", format!("{engine} {version} at {location}"));
    for setting in settings {
        if let Some(danger) = setting.danger {
            found.problem(
                "database",
                format!("{} is {}: {danger}", setting.name, setting.value),
                "change it where the database server is configured",
            );
        }
        let connections = (setting.name == "max_connections").then(|| setting.value.parse().ok()).flatten();
        let needed = workers + WIDE_WORKERS;
        if connections.is_some_and(|allowed: usize| allowed < needed) {
            found.problem(
                "database",
                format!("it allows {} connections, and this node opens up to {needed}", setting.value),
                "raise max_connections there, or lower database.workers",
            );
        }
    }
}

/// Whether every step was done.
fn schema(steps: &[StepState], now: Timestamp, found: &mut Findings) -> bool {
    let name = |step: &StepState| format!("{:04}_{}", step.number, step.name);
    for step in steps.iter().filter(|step| step.done_at.is_none()) {
        let state = if step.started_at.is_some() { "was begun and not finished" } else { "is missing" };
        found.problem("schema", format!("step {} {state}", name(step)), "run: portcullis db migrate");
    }
    let Some(newest) = steps.iter().filter_map(|step| step.done_at).max() else { return false };
    if newest > now.plus(CLOCK_TOLERANCE) {
        found.problem(
            CLOCK,
            format!("it is {now}, and the schema was made at {newest}: the clock has gone back"),
            "set this machine's clock, and keep it right with NTP",
        );
    }
    let last = steps.last().map(name).unwrap_or_default();
    found.otherwise_ok("schema", format!("complete up to step {last}"));
    steps.iter().all(|step| step.done_at.is_some())
}

fn year(now: Timestamp, found: &mut Findings) {
    if !(OLDEST_TIME..NEWEST_TIME).contains(&now) {
        found.problem(
            CLOCK,
            format!("this machine's clock says {now}"),
            "set it: tokens and sessions expire by it",
        );
    }
}

fn clock(ours: Timestamp, theirs: Option<Timestamp>, found: &mut Findings) {
    if let Some(theirs) = theirs {
        let off = ours.since(theirs).max(theirs.since(ours));
        if off > CLOCK_TOLERANCE {
            found.warning(
                CLOCK,
                format!("this machine's is {} seconds off the database server's", off.as_secs()),
                "keep both right with NTP; until then the server goes by the database's",
            );
        }
    }
    found.otherwise_ok(CLOCK, format!("{ours}"));
}

/// The id of the newest key set, and when it was made.
async fn newest_key(db: &Db) -> Result<Option<(String, Timestamp)>> {
    db.read(|reader| {
        let newest =
            "SELECT id, created_at FROM key_sets WHERE state = 'current' ORDER BY created_at DESC LIMIT 1";
        Ok(reader.first(newest, &[], |row| Ok((row.get(0)?, row.get(1)?)))?)
    })
    .await
}

fn keys(newest: Option<(String, Timestamp)>, now: Timestamp, found: &mut Findings) {
    let Some((id, made)) = newest else {
        return found.warning("keys", "there are none yet", "start the server: it makes them");
    };
    let days = now.since(made).as_secs() / 86_400;
    if now.since(made) > OLDEST_KEY {
        let advice = "run: portcullis key rotate; nobody is signed out by it";
        found.warning("keys", format!("the newest key set, {id}, is {days} days old"), advice);
    } else {
        found.ok("keys", format!("the newest key set, {id}, was made {days} days ago"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::doctor::Grade;

    fn grades(look: impl FnOnce(&mut Findings)) -> Vec<Grade> {
        let mut found = Findings::default();
        look(&mut found);
        found.0.iter().map(|finding| finding.grade).collect()
    }

    #[test]
    fn a_clock_must_be_of_this_century_and_near_the_servers() {
        let noon = Timestamp::from_millis(1_795_262_400_000);
        assert_eq!(grades(|found| year(noon, found)), []);
        for wrong in [0, 1_700_000_000_000, 5_000_000_000_000] {
            assert_eq!(
                grades(|found| year(Timestamp::from_millis(wrong), found)),
                [Grade::Problem],
                "{wrong}"
            );
        }
        let later = |seconds| noon.plus(Duration::from_secs(seconds));
        for (theirs, grade) in
            [(None, Grade::Ok), (Some(later(30)), Grade::Ok), (Some(later(31)), Grade::Warning)]
        {
            assert_eq!(grades(|found| clock(noon, theirs, found)), [grade], "{theirs:?}");
        }
        assert_eq!(grades(|found| clock(later(31), Some(noon), found)), [Grade::Warning]);
    }

    #[test]
    fn keys_grow_old() {
        let made = Timestamp::from_millis(1_795_262_400_000);
        let aged = |days: u64| {
            let now = made.plus(Duration::from_hours(24 * days));
            grades(|found| keys(Some(("a".into(), made)), now, found))
        };
        assert_eq!((aged(0), aged(365), aged(366)), (vec![Grade::Ok], vec![Grade::Ok], vec![Grade::Warning]));
    }
}
