//! The embedded engine by itself: its writer, the names of its constraints.

mod constraints;
mod writing;

use std::path::Path;

use tempfile::TempDir;

use super::SqliteConnection;
use super::connection::create_private;
use crate::db::migrate::Target;

/// What the schema's runner sees of a file, which is made when missing.
pub(in crate::db) fn target(path: &Path) -> Box<dyn Target> {
    Box::new(writer(path))
}

fn writer(path: &Path) -> SqliteConnection {
    create_private(path).unwrap();
    SqliteConnection::open_writer(path).unwrap()
}

/// A writing connection to an empty database, which is there as long as the folder.
fn connection() -> (TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let connection = writer(&folder.path().join("test.db"));
    (folder, connection)
}
