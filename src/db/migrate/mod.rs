//! Brings a database to this program's schema: numbered files, one statement at a time, each step marked.
//!
//! `schema_steps` holds one row a step. Where DDL commits by itself (MariaDB), `statements_done` grows after every
//! statement; `done_at` is set when the last one ran. A step that broke stays without `done_at`; the next start goes on
//! behind the last statement that is known to have run, and only if the text up to there is still the same.

pub(super) mod lease;
mod step;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(super) use step::Step;
use step::checksum;

use super::connection::{Connection, Reader};
use super::value::Value;
use super::{Error, Result};
use crate::base::{Stopwatch, Timestamp};

/// How often the lock is asked for while another process migrates.
const LOOK: Duration = Duration::from_millis(100);
/// How long another process may migrate; longer than any lease that a dead one left behind.
const PATIENCE: Duration = Duration::from_mins(6);

/// A step and what the database says of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StepState {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// When it was begun; `None` before that.
    pub started_at: Option<Timestamp>,
    /// When it was done; `None` while it is not.
    pub done_at: Option<Timestamp>,
}

/// A connection that migrations can run on.
pub(super) trait Target: Connection {
    /// Whether the table of marks stands.
    fn is_prepared(&mut self) -> Result<bool>;
    /// Makes the table of marks, and whatever the lock needs, unless they stand.
    fn prepare(&mut self) -> Result<()>;
    /// Takes the right to migrate for `holder`, or renews it; `false` while another process has it.
    fn lock(&mut self, holder: &str) -> Result<bool>;
    /// Gives the right back.
    fn unlock(&mut self, holder: &str) -> Result<()>;
    /// Runs one statement as it stands.
    fn run(&mut self, statement: &str) -> Result<()>;
    /// Whether a transaction undoes the statements of a broken step.
    fn ddl_rolls_back(&self) -> bool;
}

/// Who migrates, as the lock names it: no two at once anywhere have the same name.
pub(super) fn holder(now: Timestamp) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let system = rustix::system::uname();
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    format!("{} process {process} no. {count} at {now}", system.nodename().to_string_lossy())
}

/// Runs every step that is not done; how many ran. While another process migrates, it waits.
///
/// # Errors
/// [`Error::Unavailable`] when another process migrates for too long; [`Error::Internal`] naming step and statement when
/// one fails, when a done step's text has changed, or when the database is newer than `steps`.
pub(super) fn migrate(
    target: &mut dyn Target,
    steps: &[Step],
    holder: &str,
    now: Timestamp,
) -> Result<usize> {
    locked(target, holder, |target| run_missing(target, steps, holder, now))
}

/// Drops every table that the steps make, with everything in it, and makes them anew.
///
/// # Errors
/// As [`migrate`].
pub(super) fn reset(target: &mut dyn Target, steps: &[Step], holder: &str, now: Timestamp) -> Result<usize> {
    locked(target, holder, |target| {
        refuse_newer_database(target, steps)?;
        let tables: Vec<_> = steps.iter().flat_map(Step::tables).collect();
        // A table that refers to another one was made after it.
        for table in tables.into_iter().rev() {
            target.run(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        target.execute("DELETE FROM schema_steps", &[])?;
        run_missing(target, steps, holder, now)
    })
}

/// Every known step with what the database says of it.
///
/// # Errors
/// Among others, when the database is newer than `steps`.
pub(super) fn state(target: &mut dyn Target, steps: &[Step]) -> Result<Vec<StepState>> {
    let marks: Vec<(i64, Option<Timestamp>, Option<Timestamp>)> = if target.is_prepared()? {
        refuse_newer_database(target, steps)?;
        Reader::new(target as &mut dyn Connection).list(
            "SELECT number, started_at, done_at FROM schema_steps",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?
    } else {
        Vec::new()
    };
    let state = |step: &Step| {
        let mark = marks.iter().find(|mark| mark.0 == step.number);
        StepState {
            number: step.number,
            name: step.name.to_owned(),
            started_at: mark.and_then(|mark| mark.1),
            done_at: mark.and_then(|mark| mark.2),
        }
    };
    Ok(steps.iter().map(state).collect())
}

/// Looks whether every step was done, and changes nothing.
///
/// # Errors
/// [`Error::Internal`] naming the first that was not, or when the database is newer than `steps`.
pub(super) fn expect_done(target: &mut dyn Target, steps: &[Step]) -> Result<()> {
    match state(target, steps)?.iter().find(|step| step.done_at.is_none()) {
        None => Ok(()),
        Some(StepState { number, name, .. }) => Err(Error::Internal(format!(
            "step {number:04}_{name} of its schema is not done; start the server on it, or run: portcullis db migrate"
        ))),
    }
}

fn locked(
    target: &mut dyn Target,
    holder: &str,
    work: impl FnOnce(&mut dyn Target) -> Result<usize>,
) -> Result<usize> {
    target.prepare()?;
    let waited = Stopwatch::start();
    while !target.lock(holder)? {
        if waited.elapsed() > PATIENCE {
            return Err(Error::Unavailable("another process is still migrating this database".into()));
        }
        std::thread::sleep(LOOK);
    }
    let outcome = work(target);
    // After a failure the first error is the one to tell.
    match (outcome, target.unlock(holder)) {
        (Ok(count), unlocked) => unlocked.map(|()| count),
        (Err(error), _) => Err(error),
    }
}

fn run_missing(target: &mut dyn Target, steps: &[Step], holder: &str, now: Timestamp) -> Result<usize> {
    let mut ran = 0;
    refuse_newer_database(target, steps)?;
    for step in steps {
        let statements = step.statements();
        if let Some(begin_at) = begin_at(target, step, &statements)? {
            Run { target: &mut *target, step, statements: &statements, holder, now }.all_from(begin_at)?;
            ran += 1;
        }
    }
    Ok(ran)
}

fn refuse_newer_database(target: &mut dyn Target, steps: &[Step]) -> Result<()> {
    let known = steps.last().map_or(0, |step| step.number);
    let newest: Option<(i64, String)> = Reader::new(target as &mut dyn Connection).first(
        "SELECT number, name FROM schema_steps WHERE number > ? ORDER BY number DESC",
        &[known.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    match newest {
        None => Ok(()),
        Some((number, name)) => Err(Error::Internal(format!(
            "the database is newer than this program: it has step {number:04}_{name}, and this program knows steps up to \
             {known}; start the newer version, or restore a backup made before it ran"
        ))),
    }
}

/// Which statement a step begins at, counted from 0; `None` if it is done.
fn begin_at(target: &mut dyn Target, step: &Step, statements: &[&str]) -> Result<Option<usize>> {
    let mark: Option<(i64, String, Option<Timestamp>)> = Reader::new(target as &mut dyn Connection).first(
        "SELECT statements_done, checksum, done_at FROM schema_steps WHERE number = ?",
        &[step.number.into()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let Some((count, recorded, done_at)) = mark else {
        return Ok(Some(0));
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let ran = statements.get(..count).map(checksum);
    if ran.as_deref() != Some(&recorded) || (done_at.is_some() && count != statements.len()) {
        return Err(Error::Internal(format!(
            "step {step} has already run with another text: the database belongs to another build of this program"
        )));
    }
    Ok(done_at.is_none().then_some(count))
}

/// One step on its way.
struct Run<'a> {
    target: &'a mut dyn Target,
    step: &'a Step,
    statements: &'a [&'a str],
    holder: &'a str,
    now: Timestamp,
}

impl Run<'_> {
    fn all_from(&mut self, begin_at: usize) -> Result<()> {
        if begin_at == 0 {
            self.mark_started()?;
        }
        let in_transaction = self.target.ddl_rolls_back();
        if in_transaction {
            self.target.run("BEGIN")?;
        }
        for index in begin_at..self.statements.len() {
            if let Err(error) = self.one(index) {
                if in_transaction {
                    self.target.run("ROLLBACK")?;
                }
                return Err(error);
            }
        }
        self.mark(self.statements.len(), Some(self.now))?;
        if in_transaction { self.target.run("COMMIT") } else { Ok(()) }
    }

    fn one(&mut self, index: usize) -> Result<()> {
        let resumable = !self.target.ddl_rolls_back();
        if resumable && !self.target.lock(self.holder)? {
            return Err(Error::Unavailable("another process has begun to migrate this database".into()));
        }
        self.target.run(self.statements[index]).map_err(|error| {
            let first_line = self.statements[index].lines().next().unwrap_or_default();
            Error::Internal(format!(
                "migration step {}, statement {} of {} ({first_line}) failed and the step is not done: {error}",
                self.step,
                index + 1,
                self.statements.len(),
            ))
        })?;
        if resumable { self.mark(index + 1, None) } else { Ok(()) }
    }

    /// A step that was started before, and rolled back, gets its mark anew.
    fn mark_started(&mut self) -> Result<()> {
        let number = Value::Int(self.step.number);
        self.target.execute("DELETE FROM schema_steps WHERE number = ? AND done_at IS NULL", &[number])?;
        let insert = "INSERT INTO schema_steps (number, name, statements_done, checksum, started_at) \
                      VALUES (?, ?, 0, ?, ?)";
        let nothing = checksum(&[]);
        let values = [number, self.step.name.into(), (&nothing).into(), self.now.into()];
        self.target.execute(insert, &values).map(drop)
    }

    fn mark(&mut self, count: usize, done_at: Option<Timestamp>) -> Result<()> {
        let done = i64::try_from(count).unwrap_or(i64::MAX);
        let checksum = checksum(&self.statements[..count]);
        let update =
            "UPDATE schema_steps SET statements_done = ?, checksum = ?, done_at = ? WHERE number = ?";
        let values = [done.into(), (&checksum).into(), done_at.into(), self.step.number.into()];
        self.target.execute(update, &values).map(drop)
    }
}
