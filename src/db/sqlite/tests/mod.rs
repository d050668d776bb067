//! The embedded engine by itself: its schema, its writer, the names of its constraints.

mod constraints;
mod migrations;
mod writing;

use tempfile::TempDir;

use super::SqliteConnection;
use super::connection::create_private;

/// A writing connection to an empty database, which is there as long as the folder.
fn connection() -> (TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    create_private(&path).unwrap();
    let connection = SqliteConnection::open_writer(&path).unwrap();
    (folder, connection)
}
