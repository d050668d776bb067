//! The way out where there is no SMTP server: a folder of `.eml` files, which mail programs open.

use std::fs::{DirBuilder, OpenOptions, rename};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Delivery, Letter, Refusal, Transport, Watch};
use crate::base::BoxFuture;

/// Writes each mail into a file.
pub(super) struct Folder(pub PathBuf);

impl Transport for Folder {
    fn describe(&self) -> String {
        format!(".eml files in {}", self.0.display())
    }

    fn connect(&self, watch: Watch) -> BoxFuture<'_, Result<Box<dyn Delivery>, Refusal>> {
        let folder = self.0.clone();
        Box::pin(async move { Ok(Box::new(Open { folder, watch }) as Box<dyn Delivery>) })
    }
}

struct Open {
    folder: PathBuf,
    watch: Watch,
}

impl Delivery for Open {
    fn deliver<'a>(&'a mut self, letter: &'a Letter) -> BoxFuture<'a, Result<String, Refusal>> {
        let (folder, letter) = (self.folder.clone(), letter.clone());
        Box::pin(async move {
            let written = tokio::task::spawn_blocking(move || {
                write(&folder, &letter).map_err(|error| {
                    Refusal::way(format!(
                        "the folder {} (mail.folder) cannot be used: {error}",
                        folder.display()
                    ))
                })
            });
            let path = written.await.map_err(|error| Refusal::way(error.to_string()))??;
            let words = format!("written to {}", path.display());
            (self.watch)(&words);
            Ok(words)
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

/// A mail that is written again replaces itself. It may hold a way to a new password, so only its owner reads it.
fn write(folder: &Path, letter: &Letter) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let stem = format!("{}-{}", letter.at.to_string().replace(':', ""), letter.id);
    let (unfinished, path) = (folder.join(format!(".{stem}")), folder.join(format!("{stem}.eml")));
    let mut file =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(&letter.bytes)?;
    file.sync_all()?;
    rename(&unfinished, &path)?;
    Ok(path)
}
