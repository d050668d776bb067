//! A constraint that speaks is told by the name that the other engines know it by.

use super::connection;
use crate::db::Error;
use crate::db::connection::Connection;

#[test]
fn constraints_are_told_by_their_names() {
    let (_folder, mut connection) = connection();
    let schema = [
        "CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT NOT NULL)",
        "CREATE UNIQUE INDEX uq_parents_code ON parents (code)",
        "CREATE TABLE children (parent_id INTEGER NOT NULL REFERENCES parents (id), place INTEGER NOT NULL,
             name TEXT NOT NULL CONSTRAINT ck_children_name CHECK (name <> ''), PRIMARY KEY (parent_id, place)) WITHOUT ROWID",
        "INSERT INTO parents VALUES (1, 'a')",
        "INSERT INTO children VALUES (1, 1, 'x')",
    ];
    for statement in schema {
        connection.execute(statement, &[]).unwrap();
    }
    let table = [
        ("INSERT INTO parents VALUES (1, 'b')", "uq_parents_id"),
        ("INSERT INTO parents VALUES (2, 'a')", "uq_parents_code"),
        ("INSERT INTO parents VALUES (2, NULL)", "nn_parents_code"),
        ("INSERT INTO children VALUES (1, 1, 'y')", "uq_children_parent_id_place"),
        ("INSERT INTO children VALUES (7, 1, 'y')", "fk"),
        ("INSERT INTO children VALUES (1, 2, '')", "ck_children_name"),
        ("DELETE FROM parents", "fk"),
    ];
    for (statement, name) in table {
        assert_eq!(connection.execute(statement, &[]), Err(Error::Constraint(name.into())), "{statement}");
    }
}

#[test]
fn other_failures_are_faults_of_ours() {
    let (_folder, mut connection) = connection();
    for statement in ["SELEKT 1", "INSERT INTO nowhere VALUES (1)"] {
        assert!(matches!(connection.execute(statement, &[]), Err(Error::Internal(_))), "{statement}");
    }
    assert!(connection.healthy());
}
