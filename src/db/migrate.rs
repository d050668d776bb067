//! The migration runner: numbered steps, one statement at a time, each recorded as started and then as done.

use aws_lc_rs::digest;

use super::connection::{Connection, Reader};
use super::value::Value;
use super::{Error, Result};
use crate::base::Timestamp;

/// One numbered step of the schema, as it is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// 1, 2, 3 …; the same on every engine.
    pub number: i64,
    /// What it does, from its file name.
    pub name: &'static str,
    /// Statements; each ends with a semicolon at the end of a line.
    pub sql: &'static str,
}

impl Step {
    fn checksum(&self) -> String {
        let sum = digest::digest(&digest::SHA256, self.sql.as_bytes());
        sum.as_ref().iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn statements(&self) -> impl Iterator<Item = &'static str> {
        self.sql
            .split_inclusive(";\n")
            .map(str::trim)
            .filter(|text| text.lines().any(|line| !line.is_empty() && !line.starts_with("--")))
    }
}

/// A step and what the database says of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct StepState {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// When it was done; `None` while it is not.
    pub done_at: Option<Timestamp>,
}

/// All steps of one engine.
#[derive(Clone, Copy, Debug)]
pub struct Migrations(pub &'static [Step]);

struct Recorded {
    number: i64,
    name: String,
    checksum: String,
    done_at: Option<Timestamp>,
}

impl Migrations {
    /// Brings the schema up to date; the numbers of the steps that were done now.
    ///
    /// # Errors
    /// A sentence that names the step and its failing statement; the database is newer than this program; or a step
    /// differs from what was once applied.
    pub(super) fn run(&self, connection: &mut dyn Connection, now: Timestamp) -> Result<Vec<i64>, String> {
        let recorded =
            Self::recorded(connection).map_err(|error| format!("The schema cannot be read: {error}"))?;
        self.check(&recorded)?;
        let mut done = Vec::new();
        for step in self.0 {
            if recorded.iter().any(|record| record.number == step.number && record.done_at.is_some()) {
                continue;
            }
            let restart = recorded.iter().any(|record| record.number == step.number);
            apply(connection, step, restart, now)?;
            done.push(step.number);
        }
        Ok(done)
    }

    /// Every known step with what the database says of it.
    pub(super) fn state(&self, connection: &mut dyn Connection) -> Result<Vec<StepState>> {
        let recorded = Self::recorded(connection)?;
        Ok(self
            .0
            .iter()
            .map(|step| StepState {
                number: step.number,
                name: step.name.to_owned(),
                done_at: recorded.iter().find(|r| r.number == step.number).and_then(|r| r.done_at),
            })
            .collect())
    }

    fn recorded(connection: &mut dyn Connection) -> Result<Vec<Recorded>> {
        let table = "CREATE TABLE IF NOT EXISTS schema_steps (
            number BIGINT NOT NULL PRIMARY KEY,
            name VARCHAR(100) NOT NULL,
            checksum VARCHAR(64) NOT NULL,
            started_at BIGINT NOT NULL,
            done_at BIGINT
        )";
        let known = Reader::new(connection).list(
            "SELECT number, name, checksum, done_at FROM schema_steps ORDER BY number",
            &[],
            |row| {
                Ok(Recorded {
                    number: row.get(0)?,
                    name: row.get(1)?,
                    checksum: row.get(2)?,
                    done_at: row.get(3)?,
                })
            },
        );
        if known.is_err() {
            connection.execute(table, &[])?;
            return Ok(Vec::new());
        }
        known
    }

    fn check(&self, recorded: &[Recorded]) -> Result<(), String> {
        for record in recorded {
            let Some(step) = self.0.iter().find(|step| step.number == record.number) else {
                return Err(format!(
                    "The database is newer than this program: it has step {} ({}). Start a newer version of Portcullis.",
                    record.number, record.name
                ));
            };
            if record.done_at.is_some() && record.checksum != step.checksum() {
                return Err(format!(
                    "Step {} ({}) was applied in another form than this program knows. The database belongs to another build.",
                    record.number, record.name
                ));
            }
        }
        Ok(())
    }
}

fn apply(connection: &mut dyn Connection, step: &Step, restart: bool, now: Timestamp) -> Result<(), String> {
    let fail = |what: &str, error: &Error| {
        format!(
            "Migration step {} ({}) failed at {what}: {error}. Nothing of this step was kept.",
            step.number, step.name
        )
    };
    if !restart {
        connection
            .execute(
                "INSERT INTO schema_steps (number, name, checksum, started_at) VALUES (?, ?, ?, ?)",
                &[step.number.into(), step.name.into(), (&step.checksum()).into(), now.into()],
            )
            .map_err(|error| fail("its record", &error))?;
    }
    connection.execute("BEGIN IMMEDIATE", &[]).map_err(|error| fail("BEGIN", &error))?;
    for (index, statement) in step.statements().enumerate() {
        if let Err(error) = connection.execute(statement, &[]) {
            let opening = statement.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
            let message = fail(&format!("statement {} ({opening})", index + 1), &error);
            connection.execute("ROLLBACK", &[]).ok();
            return Err(message);
        }
    }
    let checksum = step.checksum();
    let record: [Value<'_>; 3] = [now.into(), (&checksum).into(), step.number.into()];
    connection
        .execute("UPDATE schema_steps SET done_at = ?, checksum = ? WHERE number = ?", &record)
        .and_then(|_| connection.execute("COMMIT", &[]))
        .map(|_| ())
        .map_err(|error| {
            connection.execute("ROLLBACK", &[]).ok();
            fail("its end", &error)
        })
}
