//! What goes wrong with disks and object stores, as callers may know it.

use std::error::Error as _;
use std::io;

use crate::base::{Error, codes};

/// A failure of the local disk.
pub(super) fn of_io(error: &io::Error) -> Error {
    let code = if is_full(error) { &codes::STORAGE_FULL } else { &codes::STORAGE_UNAVAILABLE };
    Error::new(code).with_cause(error)
}

/// A failure of the storage of objects, wherever that is.
pub(super) fn of_storage(error: &object_store::Error) -> Error {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.downcast_ref::<io::Error>().is_some_and(is_full) {
            return Error::new(&codes::STORAGE_FULL).with_cause(error);
        }
        source = inner.source();
    }
    Error::new(&codes::STORAGE_UNAVAILABLE).with_cause(error)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
