//! Migrations: done once, resumable, and never recorded as done when they were not. On a file always; on a server too
//! when `PORTCULLIS_TEST_DATABASE_URL` names one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

use super::*;
use crate::config::{self, Config};
use crate::db::location::Location;
use crate::db::mariadb::MariaDb;
use crate::db::network::{Driver, Limit};
use crate::db::postgres::Postgres;
use crate::db::sqlite;

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

const STEPS: [Step; 2] = [
    Step { number: 1, name: "authors", sql: "CREATE TABLE authors (id INTEGER NOT NULL PRIMARY KEY);" },
    Step {
        number: 2,
        name: "books",
        sql: "CREATE TABLE books (id INTEGER NOT NULL PRIMARY KEY, author_id INTEGER NOT NULL,
                  CONSTRAINT fk_books_author_id FOREIGN KEY (author_id) REFERENCES authors (id));
              -- Another one.
              CREATE INDEX ix_books_author_id ON books (author_id);",
    },
];
const BROKEN: Step = Step {
    number: 3,
    name: "notes",
    sql: "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY);\n-- wrong\nCREATE INDEX ix_notes_none ON notes (none);\n\
          CREATE TABLE never (id INTEGER)",
};
const REPAIRED: Step = Step {
    sql: "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY);\nCREATE INDEX ix_notes_id ON notes (id)",
    ..BROKEN
};

fn with(last: Step) -> [Step; 3] {
    [STEPS[0], STEPS[1], last]
}

/// An empty database, gone with its holder.
struct Place {
    location: Arc<Location>,
    drop: Option<String>,
    folder: TempDir,
}

impl Place {
    fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::read(&Config::default().database, folder.path()).unwrap();
        Self { location: Arc::new(location), drop: None, folder }
    }

    #[expect(clippy::disallowed_methods, reason = "the server to test with is no setting of the application")]
    fn server() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("PORTCULLIS_TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())?;
        let name =
            format!("portcullis_test_{}_unit{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap();
        let maintenance = if server.starts_with('p') { "postgres" } else { "mysql" };
        let admin = read(&format!("{server}/{maintenance}"), &folder);
        connect(&admin).run(&format!("CREATE DATABASE {name}")).unwrap();
        let location = Arc::new(read(&format!("{server}/{name}"), &folder));
        Some(Self { location, drop: Some(format!("{server}/{maintenance} DROP DATABASE {name}")), folder })
    }

    fn connect(&self) -> Box<dyn Target> {
        connect(&self.location)
    }

    /// Whether what a broken step did before it broke stays.
    fn keeps_half_a_step(&self) -> bool {
        matches!(*self.location, Location::MariaDb(_))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((url, statement)) = self.drop.as_ref().and_then(|drop| drop.split_once(' ')) {
            connect(&read(url, &self.folder)).run(statement).unwrap();
        }
    }
}

fn read(url: &str, folder: &TempDir) -> Location {
    let settings = config::Database { url: url.to_owned().into(), ..Config::default().database };
    Location::read(&settings, folder.path()).unwrap()
}

fn connect(location: &Location) -> Box<dyn Target> {
    let soon = Instant::now() + Duration::from_mins(1);
    match location {
        Location::File(path) => sqlite::tests::target(path),
        Location::MariaDb(server) => Box::new(MariaDb::new(server).connect(soon, Limit::None).unwrap()),
        Location::Postgres(server) => {
            Box::new(Postgres::new(server).unwrap().connect(soon, Limit::None).unwrap())
        }
    }
}

fn on_each(test: impl Fn(&Place)) {
    test(&Place::file());
    match Place::server() {
        Some(place) => test(&place),
        None => eprintln!("on a file alone: PORTCULLIS_TEST_DATABASE_URL is not set"),
    }
}

fn count(target: &mut dyn Target, sql: &str) -> i64 {
    Reader::new(target as &mut dyn Connection).number(sql, &[]).unwrap()
}

fn done(target: &mut dyn Target, steps: &[Step]) -> Vec<bool> {
    state(target, steps).unwrap().iter().map(|step| step.done_at.is_some()).collect()
}

#[test]
fn every_step_is_done_once() {
    on_each(|place| {
        let mut target = place.connect();
        assert_eq!(done(&mut *target, &STEPS), [false, false]);
        assert_eq!(migrate(&mut *target, &STEPS[..1], "a", NOW), Ok(1));
        assert_eq!(done(&mut *target, &STEPS), [true, false]);
        assert_eq!(migrate(&mut *target, &STEPS, "b", NOW), Ok(1));
        assert_eq!(migrate(&mut *target, &STEPS, "c", NOW), Ok(0));
        assert_eq!(state(&mut *target, &STEPS).unwrap()[1].done_at, Some(NOW));
    });
}

#[test]
fn a_broken_second_statement_stops_with_its_name_and_is_not_done() {
    on_each(|place| {
        let mut target = place.connect();
        for _ in 0..2 {
            let error = migrate(&mut *target, &with(BROKEN), "a", NOW).unwrap_err().to_string();
            assert!(error.contains("step 0003_notes, statement 2 of 3"), "{error}");
            assert!(error.contains("CREATE INDEX ix_notes_none"), "{error}");
            assert_eq!(done(&mut *target, &with(BROKEN)), [true, true, false]);
            assert_eq!(
                count(&mut *target, "SELECT COUNT(*) FROM schema_steps"),
                3,
                "the third is marked started"
            );
            let kept = target.query("SELECT id FROM notes", &[], &mut |_| Ok(())).is_ok();
            assert_eq!(kept, place.keeps_half_a_step());
        }
        assert_eq!(migrate(&mut *target, &with(REPAIRED), "a", NOW), Ok(1));
        assert_eq!(done(&mut *target, &with(REPAIRED)), [true; 3]);
        assert_eq!(count(&mut *target, "SELECT COUNT(*) FROM notes"), 0);
    });
}

#[test]
fn a_done_step_with_another_text_is_refused_and_so_is_a_newer_database() {
    on_each(|place| {
        let mut target = place.connect();
        migrate(&mut *target, &STEPS, "a", NOW).unwrap();
        let changed = [
            STEPS[0],
            Step { sql: "CREATE TABLE books (id INTEGER); CREATE TABLE x (id INTEGER)", ..STEPS[1] },
        ];
        let error = migrate(&mut *target, &changed, "a", NOW).unwrap_err().to_string();
        assert!(error.contains("step 0002_books has already run with another text"), "{error}");
        let error = migrate(&mut *target, &STEPS[..1], "a", NOW).unwrap_err().to_string();
        assert!(error.contains("newer than this program") && error.contains("0002_books"), "{error}");
        assert_eq!(migrate(&mut *target, &STEPS, "b", NOW), Ok(0), "the lock was given back");
    });
}

#[test]
fn two_processes_migrate_once() {
    for _ in 0..3 {
        on_each(|place| {
            let together = Arc::new(Barrier::new(2));
            let runs = ["a", "b"].map(|holder| {
                let (location, together) = (Arc::clone(&place.location), Arc::clone(&together));
                std::thread::spawn(move || {
                    together.wait();
                    let mut target = connect(&location);
                    migrate(&mut *target, &STEPS, holder, NOW)
                })
            });
            let mut ran = runs.map(|run| run.join().unwrap().unwrap());
            ran.sort_unstable();
            assert_eq!(ran, [0, 2]);
        });
    }
}

#[test]
fn a_held_lock_keeps_others_out_until_it_is_given_back() {
    on_each(|place| {
        let (mut first, mut second) = (place.connect(), place.connect());
        for target in [&mut first, &mut second] {
            target.prepare().unwrap();
        }
        assert_eq!(first.lock("first"), Ok(true));
        assert_eq!(first.lock("first"), Ok(true), "renewed");
        assert_eq!(second.lock("second"), Ok(false));
        // PostgreSQL counts how often it was taken, and forgets everything with the connection.
        drop(first);
        if !matches!(*place.location, Location::Postgres(_)) {
            second.unlock("first").unwrap();
        }
        assert_eq!(migrate(&mut *second, &STEPS, "second", NOW), Ok(2));
    });
}

#[test]
fn a_reset_leaves_an_empty_schema() {
    on_each(|place| {
        let mut target = place.connect();
        migrate(&mut *target, &STEPS, "a", NOW).unwrap();
        target.execute("INSERT INTO authors (id) VALUES (1)", &[]).unwrap();
        target.execute("INSERT INTO books (id, author_id) VALUES (1, 1)", &[]).unwrap();
        assert_eq!(reset(&mut *target, &STEPS, "a", NOW), Ok(2));
        assert_eq!(count(&mut *target, "SELECT COUNT(*) FROM books"), 0);
        assert_eq!(done(&mut *target, &STEPS), [true, true]);
    });
}

#[test]
fn holders_are_told_apart() {
    assert_ne!(holder(NOW), holder(NOW));
    assert!(holder(NOW).len() <= 200);
}
