//! Schema steps: each done once, whole or not at all, and never another one under the same number.

use super::connection;
use crate::base::Timestamp;
use crate::db::connection::Connection;
use crate::db::migrate::{Migrations, Step};
use crate::db::sqlite::{MIGRATIONS, SqliteConnection};

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);
const FIRST: Step =
    Step { number: 1, name: "first", sql: "CREATE TABLE a (x INTEGER);\n\nCREATE TABLE b (x INTEGER);\n" };
const BROKEN: Step = Step {
    number: 2,
    name: "second",
    sql: "CREATE TABLE c (x INTEGER);\n-- Note.\nCREATE TABLE a (x INTEGER);\n",
};
const MENDED: Step =
    Step { number: 2, name: "second", sql: "CREATE TABLE c (x INTEGER);\nCREATE TABLE d (x INTEGER);\n" };
/// [`FIRST`] under the same number and name, and not the same.
const CHANGED: Step = Step { sql: "CREATE TABLE a (y INTEGER);\n", ..FIRST };

fn exists(connection: &mut SqliteConnection, table: &str) -> bool {
    connection.query(&format!("SELECT x FROM {table}"), &[], &mut |_| Ok(())).is_ok()
}

fn done(migrations: Migrations, connection: &mut SqliteConnection) -> Vec<bool> {
    migrations.state(connection).unwrap().iter().map(|step| step.done_at.is_some()).collect()
}

#[test]
fn every_step_is_done_once() {
    let (_folder, mut connection) = connection();
    assert_eq!(Migrations(&[FIRST]).run(&mut connection, NOW), Ok(vec![1]));
    assert_eq!(Migrations(&[FIRST, MENDED]).run(&mut connection, NOW), Ok(vec![2]));
    assert_eq!(Migrations(&[FIRST, MENDED]).run(&mut connection, NOW), Ok(vec![]));
    assert!(["a", "b", "c", "d"].iter().all(|table| exists(&mut connection, table)));
}

#[test]
fn a_broken_second_statement_stops_with_its_name_and_keeps_nothing_of_its_step() {
    let (_folder, mut connection) = connection();
    let error = Migrations(&[FIRST, BROKEN]).run(&mut connection, NOW).unwrap_err();
    assert!(error.contains("step 2 (second)"), "{error}");
    assert!(error.contains("statement 2 (CREATE TABLE a (x INTEGER);)"), "{error}");
    assert_eq!(done(Migrations(&[FIRST, BROKEN]), &mut connection), [true, false]);
    assert!(exists(&mut connection, "b") && !exists(&mut connection, "c"));
    // It stays broken, and a mended one of the same number goes on where it stopped.
    assert!(Migrations(&[FIRST, BROKEN]).run(&mut connection, NOW).is_err());
    assert_eq!(Migrations(&[FIRST, MENDED]).run(&mut connection, NOW), Ok(vec![2]));
    assert_eq!(done(Migrations(&[FIRST, MENDED]), &mut connection), [true, true]);
    assert_eq!(Migrations(&[FIRST, MENDED]).run(&mut connection, NOW), Ok(vec![]));
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let (_folder, mut connection) = connection();
    Migrations(&[FIRST, MENDED]).run(&mut connection, NOW).unwrap();
    let error = Migrations(&[FIRST]).run(&mut connection, NOW).unwrap_err();
    assert!(error.contains("newer than this program") && error.contains("step 2 (second)"), "{error}");
}

#[test]
fn a_step_that_was_done_in_another_form_is_refused() {
    let (_folder, mut connection) = connection();
    Migrations(&[FIRST]).run(&mut connection, NOW).unwrap();
    let error = Migrations(&[CHANGED, MENDED]).run(&mut connection, NOW).unwrap_err();
    assert!(error.contains("Step 1 (first)") && error.contains("another form"), "{error}");
    assert!(!exists(&mut connection, "c"));
}

#[test]
fn the_shipped_steps_are_numbered_from_one_and_run() {
    let (_folder, mut connection) = connection();
    let numbers: Vec<_> = (1..).take(MIGRATIONS.0.len()).collect();
    assert_eq!(MIGRATIONS.run(&mut connection, NOW), Ok(numbers));
    assert!(done(MIGRATIONS, &mut connection).iter().all(|done| *done));
}
