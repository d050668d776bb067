//! Objects in a folder or in a bucket, by one interface. An object is written whole or not at all, and never changed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    GetOptions, GetRange, GetResult, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};
use tokio::sync::Semaphore;

use super::{ObjectName, bucket, failure, leftovers};
use crate::base::{Result, Timestamp};
use crate::config;

/// The folder of objects in the data folder.
pub const FOLDER: &str = "files";

/// How many bytes of a long object are in memory at once. S3 takes no smaller parts than 5 MiB.
const PART: u64 = 8 * 1024 * 1024;
/// How many objects are written at once, each with a part in memory.
const TRANSFERS: usize = 4;

/// Where objects are kept.
pub struct Storage {
    objects: Arc<dyn ObjectStore>,
    /// The folder, where it is one.
    folder: Option<PathBuf>,
    transfers: Semaphore,
}

/// What is known of an object without reading it.
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    /// Its name.
    pub name: ObjectName,
    /// When it was written.
    pub written_at: Timestamp,
    /// Its length.
    pub bytes: u64,
}

impl Storage {
    /// Opens the storage that the configuration names; the folder is made if need be.
    ///
    /// # Errors
    /// A sentence that names the setting to blame.
    pub fn open(settings: &config::Files, data: &Path) -> Result<Self, String> {
        let folder = is_local(settings).then(|| data.join(FOLDER));
        let objects: Arc<dyn ObjectStore> = match &folder {
            Some(folder) => {
                let unusable = |error: &dyn std::fmt::Display| {
                    format!("The folder {} cannot be used: {error}.", folder.display())
                };
                std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
                let local = LocalFileSystem::new_with_prefix(folder).map_err(|error| unusable(&error))?;
                Arc::new(local.with_fsync(true))
            }
            None => bucket::open(settings)?,
        };
        Ok(Self { objects, folder, transfers: Semaphore::new(TRANSFERS) })
    }

    /// Writes an object from a file, from its beginning.
    ///
    /// # Errors
    /// `storage.full`, `storage.unavailable`; nothing is left behind.
    pub async fn put_file(&self, name: ObjectName, file: File, length: u64) -> Result<()> {
        let _place = self.transfers.acquire().await;
        let key = key(name);
        let file = Arc::new(file);
        if length <= PART {
            let payload = PutPayload::from(read_part(&file, 0, length).await?);
            self.objects.put(&key, payload).await.map_err(|error| failure::of_storage(&error))?;
            return Ok(());
        }
        let mut upload =
            self.objects.put_multipart(&key).await.map_err(|error| failure::of_storage(&error))?;
        match send_parts(upload.as_mut(), &file, length).await {
            Ok(()) => Ok(()),
            Err(error) => {
                upload.abort().await.ok();
                Err(error)
            }
        }
    }

    /// Writes a short object.
    ///
    /// # Errors
    /// `storage.full`, `storage.unavailable`; nothing is left behind.
    pub async fn put(&self, name: ObjectName, content: Bytes) -> Result<()> {
        let _place = self.transfers.acquire().await;
        let put = self.objects.put(&key(name), PutPayload::from(content)).await;
        put.map(drop).map_err(|error| failure::of_storage(&error))
    }

    /// Opens an object, or a part of it; `None` when there is none of this name.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn open_object(
        &self,
        name: ObjectName,
        range: Option<Range<u64>>,
    ) -> Result<Option<GetResult>> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        match self.objects.get_opts(&key(name), options).await {
            Ok(result) => Ok(Some(result)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure::of_storage(&error)),
        }
    }

    /// A whole object in memory; `None` when there is none of this name.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn read(&self, name: ObjectName) -> Result<Option<Bytes>> {
        let Some(object) = self.open_object(name, None).await? else { return Ok(None) };
        object.bytes().await.map(Some).map_err(|error| failure::of_storage(&error))
    }

    /// Whether there is an object of this name.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn has(&self, name: ObjectName) -> Result<bool> {
        match self.objects.head(&key(name)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failure::of_storage(&error)),
        }
    }

    /// Removes an object; one that is not there is no failure.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn remove(&self, name: ObjectName) -> Result<()> {
        match self.objects.delete(&key(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure::of_storage(&error)),
        }
    }

    /// All objects of ours; what else stands there is passed over.
    pub fn list(&self) -> BoxStream<'_, Result<Stored>> {
        let found = self.objects.list(None).filter_map(async |entry| match entry {
            Ok(meta) => {
                let name = ObjectName::of_path(meta.location.as_ref())?;
                let written_at = Timestamp::from_millis(meta.last_modified.timestamp_millis());
                Some(Ok(Stored { name, written_at, bytes: meta.size }))
            }
            Err(error) => Some(Err(failure::of_storage(&error))),
        });
        found.boxed()
    }

    /// Removes half objects that a crash left in the folder before this time; how many. A bucket keeps its own out of
    /// sight.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn clear_leftovers(&self, before: Timestamp) -> Result<u64> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let cleared = tokio::task::spawn_blocking(move || leftovers::clear(&folder, before)).await;
        let cleared = cleared.map_err(std::io::Error::other).and_then(|cleared| cleared);
        cleared.map_err(|error| failure::of_io(&error))
    }
}

/// Tries what the settings name without opening or asking anything.
///
/// # Errors
/// A sentence that names the setting to blame.
pub fn check(settings: &config::Files) -> Result<(), String> {
    if is_local(settings) { Ok(()) } else { bucket::open(settings).map(drop) }
}

/// Whether objects are kept in the data folder.
fn is_local(settings: &config::Files) -> bool {
    settings.url == "file:"
}

fn key(name: ObjectName) -> Key {
    Key::from(name.path())
}

async fn send_parts(upload: &mut dyn MultipartUpload, file: &Arc<File>, length: u64) -> Result<()> {
    let mut at = 0;
    while at < length {
        let part = read_part(file, at, PART.min(length - at)).await?;
        at += part.len() as u64;
        upload.put_part(PutPayload::from(part)).await.map_err(|error| failure::of_storage(&error))?;
    }
    upload.complete().await.map(drop).map_err(|error| failure::of_storage(&error))
}

async fn read_part(file: &Arc<File>, at: u64, length: u64) -> Result<Bytes> {
    let file = Arc::clone(file);
    let read = tokio::task::spawn_blocking(move || {
        let mut file = &*file;
        file.seek(SeekFrom::Start(at))?;
        let mut part = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(length).read_to_end(&mut part)?;
        if part.len() as u64 == length { Ok(part) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
    });
    let part = read.await.map_err(std::io::Error::other).and_then(|read| read);
    part.map(Bytes::from).map_err(|error| failure::of_io(&error))
}
