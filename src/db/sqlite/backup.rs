//! Copies of a database file, taken while others read and write it. They open the file by themselves: another process may
//! be serving from it.

use std::ffi::c_int;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::STEPS;
use super::connection::create_private;

/// Pages copied between two looks at the caller.
const STEP: c_int = 256;
/// How long somebody else may keep the file to himself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many findings of a check are told.
const FINDINGS: usize = 3;

/// What a sound database file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The newest step of the schema that was done; 0 when there is none.
    pub schema_step: i64,
}

/// The newest step of the schema that this program knows.
pub fn newest_schema_step() -> i64 {
    STEPS.iter().map(|step| step.number).max().unwrap_or_default()
}

/// Copies the database of `source` as it is at one moment into the new file `target`. Nobody waits for it. `watch` hears
/// how many bytes of how many are done, and stops the copy by an error.
///
/// # Errors
/// A sentence for the operator.
pub fn copy(source: &Path, target: &Path, watch: &dyn Fn(u64, u64) -> io::Result<()>) -> Result<(), String> {
    let cannot_read = |error: rusqlite::Error| {
        format!("The database {} (database.url) cannot be read: {error}.", source.display())
    };
    let cannot_write = |error: &dyn std::fmt::Display| {
        format!("The database cannot be copied to {}: {error}.", target.display())
    };
    let from = open(source).map_err(cannot_read)?;
    // Pinned to one moment: without a transaction of its own, every commit of others starts the copy over.
    from.execute_batch("PRAGMA query_only=ON; BEGIN; SELECT COUNT(*) FROM sqlite_schema")
        .map_err(cannot_read)?;
    let page_size: u32 = from.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(cannot_read)?;
    create_private(target).map_err(|error| cannot_write(&error))?;
    let mut to = open(target).map_err(|error| cannot_write(&error))?;
    // A half copy is thrown away anyway.
    to.execute_batch("PRAGMA synchronous=OFF").map_err(|error| cannot_write(&error))?;
    let backup = Backup::new(&from, &mut to).map_err(|error| cannot_write(&error))?;
    loop {
        let step = backup.step(STEP).map_err(|error| cannot_write(&error))?;
        let progress = backup.progress();
        let bytes = |pages: c_int| u64::try_from(pages).unwrap_or_default() * u64::from(page_size);
        watch(bytes(progress.pagecount - progress.remaining), bytes(progress.pagecount))
            .map_err(|error| cannot_write(&error))?;
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else writes the copy, and the source is pinned: what is busy here stays busy.
            _ => return Err(cannot_write(&"it is in use")),
        }
    }
}

/// Looks through a database file that nobody else uses.
///
/// # Errors
/// A sentence with what was found wrong.
pub fn check(file: &Path) -> Result<Checked, String> {
    let unreadable = |error: rusqlite::Error| format!("The database in it cannot be read: {error}.");
    let connection = open(file).map_err(unreadable)?;
    let findings = column(&connection, "PRAGMA integrity_check").map_err(unreadable)?;
    if findings != ["ok"] {
        return Err(format!("The database in it is damaged: {}.", findings.join("; ")));
    }
    let orphans = column(&connection, "PRAGMA foreign_key_check").map_err(unreadable)?;
    if !orphans.is_empty() {
        return Err(format!(
            "The database in it has rows that refer to missing ones, in {}.",
            orphans.join(", ")
        ));
    }
    let step = "SELECT COALESCE(MAX(number), 0) FROM schema_steps WHERE done_at IS NOT NULL";
    let schema_step = connection.query_row(step, [], |row| row.get(0)).map_err(unreadable)?;
    Ok(Checked { schema_step })
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// The first column of the first rows.
fn column(connection: &Connection, pragma: &str) -> rusqlite::Result<Vec<String>> {
    connection.prepare(pragma)?.query_map([], |row| row.get(0))?.take(FINDINGS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::{TempDir, tempdir};

    /// A folder with a database of several steps' length.
    fn database() -> (TempDir, Connection) {
        let folder = tempdir().unwrap();
        let connection = Connection::open(folder.path().join("live.db")).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; CREATE TABLE schema_steps (number INTEGER, done_at INTEGER);
                 INSERT INTO schema_steps VALUES (1, 1), (2, 2), (3, NULL);
                 CREATE TABLE rows (id INTEGER PRIMARY KEY, filling BLOB);
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
                 INSERT INTO rows SELECT i, randomblob(4000) FROM n;",
            )
            .unwrap();
        (folder, connection)
    }

    fn count(file: &Path) -> i64 {
        open(file).unwrap().query_row("SELECT COUNT(*) FROM rows", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_copy_is_of_one_moment_and_commits_do_not_start_it_over() {
        let (folder, writer) = database();
        let copied = folder.path().join("copy.db");
        let looks = std::cell::RefCell::new(Vec::new());
        let commit_and_note = |done: u64, _: u64| {
            writer.execute("INSERT INTO rows (filling) VALUES (randomblob(4000))", []).unwrap();
            looks.borrow_mut().push(done);
            // A copy that starts over with every commit would never end.
            if looks.borrow().len() > 100 { Err(io::Error::other("too long")) } else { Ok(()) }
        };
        copy(&folder.path().join("live.db"), &copied, &commit_and_note).unwrap();
        let looks = looks.into_inner();
        assert!(looks.len() >= 4, "{looks:?}");
        assert!(looks.is_sorted_by(|before, after| before < after), "it started over: {looks:?}");
        assert_eq!(count(&copied), 1200);
        assert_eq!(check(&copied), Ok(Checked { schema_step: 2 }));
    }

    #[test]
    fn a_copy_can_be_called_off() {
        let (folder, _writer) = database();
        let refused = |_: u64, _: u64| Err(io::Error::other("called off"));
        let error =
            copy(&folder.path().join("live.db"), &folder.path().join("copy.db"), &refused).unwrap_err();
        assert!(error.ends_with("called off."), "{error}");
    }

    #[test]
    fn a_missing_source_is_not_made() {
        let folder = tempdir().unwrap();
        let source = folder.path().join("none.db");
        let error = copy(&source, &folder.path().join("copy.db"), &|_, _| Ok(())).unwrap_err();
        assert!(error.contains("none.db (database.url) cannot be read"), "{error}");
        assert!(!source.exists());
    }

    #[test]
    fn damage_and_orphans_are_found() {
        let (folder, writer) = database();
        let copied = folder.path().join("copy.db");
        writer
            .execute_batch(
                "CREATE TABLE owners (id INTEGER PRIMARY KEY);
                 CREATE TABLE owned (owner INTEGER REFERENCES owners (id));
                 PRAGMA foreign_keys=OFF; INSERT INTO owned VALUES (7);",
            )
            .unwrap();
        copy(&folder.path().join("live.db"), &copied, &|_, _| Ok(())).unwrap();
        assert!(check(&copied).unwrap_err().contains("refer to missing ones, in owned"));
        let mut bytes = std::fs::read(&copied).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0xff);
        std::fs::write(&copied, bytes).unwrap();
        assert!(check(&copied).unwrap_err().starts_with("The database in it "));
    }
}
