//! Bytes on their way in: written to a file that has no name, so that nothing is left of it whatever happens.

use std::fs::File;
use std::io;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::io::AsyncWriteExt;

use super::failure;
use crate::base::{Error, Result, codes};

/// A file that has arrived whole.
pub struct Upload {
    pub(super) file: File,
    sha256: [u8; 32],
}

impl Upload {
    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

/// A file that is arriving.
pub struct Receiving {
    file: tokio::fs::File,
    length: u64,
    limit: u64,
    sum: Context,
}

impl Receiving {
    /// # Errors
    /// `storage.full`, `storage.unavailable`.
    pub(super) async fn begin(folder: &Path, limit: u64) -> Result<Self> {
        let file = nameless(folder).await?;
        Ok(Self { file: tokio::fs::File::from_std(file), length: 0, limit, sum: Context::new(&SHA256) })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// `cover.too_large`, `storage.full`, `storage.unavailable`.
    pub async fn write(&mut self, piece: &[u8]) -> Result<()> {
        self.length += piece.len() as u64;
        if self.length > self.limit {
            return Err(too_large(self.limit));
        }
        self.sum.update(piece);
        self.file.write_all(piece).await.map_err(|error| failure::of_io(&error))
    }

    /// All of it is there.
    ///
    /// # Errors
    /// `cover.undecodable` when nothing came; `storage.full`, `storage.unavailable`.
    pub async fn finish(mut self) -> Result<Upload> {
        if self.length == 0 {
            return Err(Error::new(&codes::COVER_UNDECODABLE).with_detail("The picture is empty."));
        }
        self.file.flush().await.map_err(|error| failure::of_io(&error))?;
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.sum.finish().as_ref());
        Ok(Upload { file: self.file.into_std().await, sha256 })
    }
}

/// The refusal of a picture with more bytes than allowed.
pub fn too_large(limit: u64) -> Error {
    Error::new(&codes::COVER_TOO_LARGE).with_detail(format!("The picture is larger than {limit} bytes."))
}

/// A file that the operating system forgets when it is closed.
pub(super) async fn nameless(folder: &Path) -> Result<File> {
    let folder = folder.to_owned();
    let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await;
    made.map_err(io::Error::other).and_then(|made| made).map_err(|error| failure::of_io(&error))
}
