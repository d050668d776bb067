//! Files of people: pictures are received, made anew from their pixels, and kept as objects in a folder or a bucket.
//!
//! An object is written before the row that names it, and removed after the row is gone: a crash between leaves an object
//! without a row, which [`ORPHAN_AGE`] later is swept.

mod bucket;
mod failure;
mod format;
mod leftovers;
mod name;
pub mod picture;
mod pool;
mod storage;
mod thumbnails;
mod upload;

pub use format::Format;
pub use name::{ObjectName, Shelf};
pub use storage::{FOLDER, Storage, Stored, check};
pub use upload::{Receiving, Upload, too_large};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::base::{Error, Randomness, Result};
use crate::config;
use picture::{Limits, Picture};
use pool::Pool;
use thumbnails::Thumbnails;

/// How old an object without a row must be before it is removed: its row may still be on its way.
pub const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// Everything that has to do with files.
pub struct Files {
    /// Where objects are kept.
    pub storage: Storage,
    pool: Pool,
    limits: Limits,
    thumbnails: Thumbnails,
    /// The disk for uploads that are in work.
    folder: PathBuf,
    max_upload: u64,
    random: Arc<dyn Randomness>,
    runtime: Handle,
}

/// A picture in the storage, without a row yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// The object in full size.
    pub original: ObjectName,
    /// The object for lists.
    pub thumbnail: ObjectName,
    /// Columns of the original.
    pub width: u32,
    /// Rows of the original.
    pub height: u32,
    /// Length of the original.
    pub bytes: u64,
}

impl StoredPicture {
    /// Both objects.
    pub fn names(&self) -> [ObjectName; 2] {
        [self.original, self.thumbnail]
    }
}

impl Files {
    /// Opens the storage and starts the threads. To be called on a runtime, which the removals of objects then use.
    ///
    /// # Errors
    /// A sentence that names the setting to blame.
    pub fn open(settings: &config::Files, data: &Path, random: Arc<dyn Randomness>) -> Result<Self, String> {
        let memory = settings.image_memory.as_u64();
        Ok(Self {
            storage: Storage::open(settings, data)?,
            pool: Pool::start(settings.image_threads, settings.image_queue, memory)?,
            limits: Limits { pixels: settings.max_pixels as u64, memory },
            thumbnails: Thumbnails::new(settings.thumbnail_cache.as_u64()),
            folder: data.to_owned(),
            max_upload: settings.max_upload.as_u64(),
            random,
            runtime: Handle::current(),
        })
    }

    /// Most bytes of one picture.
    pub fn max_upload(&self) -> u64 {
        self.max_upload
    }

    /// Begins to receive a file.
    ///
    /// # Errors
    /// `storage.full`, `storage.unavailable`.
    pub async fn receive(&self) -> Result<Receiving> {
        Receiving::begin(&self.folder, self.max_upload).await
    }

    /// Begins to receive a picture that was accepted before, whatever its length is now.
    ///
    /// # Errors
    /// `storage.full`, `storage.unavailable`.
    pub async fn receive_anew(&self) -> Result<Receiving> {
        Receiving::begin(&self.folder, u64::MAX).await
    }

    /// Makes a picture anew and stores it.
    ///
    /// # Errors
    /// `cover.unsupported`, `cover.undecodable`, `cover.too_many_pixels`, `cover.busy`, `storage.full`,
    /// `storage.unavailable`; no object is left then.
    pub async fn keep(&self, upload: Upload) -> Result<StoredPicture> {
        let picture = self.remake(upload).await?;
        let stored = StoredPicture {
            original: ObjectName::new(Shelf::Originals, picture.format, self.random.as_ref()),
            thumbnail: ObjectName::new(Shelf::Thumbnails, picture.thumbnail_format, self.random.as_ref()),
            width: picture.width,
            height: picture.height,
            bytes: picture.bytes,
        };
        self.storage.put_file(stored.original, picture.original, picture.bytes).await?;
        let put = self.storage.put(stored.thumbnail, Bytes::from(picture.thumbnail)).await;
        if put.is_err() {
            self.storage.remove(stored.original).await.ok();
        }
        put.map(|()| stored)
    }

    async fn remake(&self, upload: Upload) -> Result<Picture> {
        let place = self.pool.place()?;
        let limits = self.limits;
        let surveyed = tokio::task::spawn_blocking(move || {
            let header = picture::survey(&upload.file, limits)?;
            Ok::<_, Error>((upload, header))
        });
        let (upload, header) = surveyed.await.map_err(Error::internal)??;
        let original = upload::nameless(&self.folder).await?;
        self.pool.run(place, header.memory, move || picture::remake(&upload.file, &header, original)).await
    }

    /// A thumbnail; `None` when there is none of this name.
    ///
    /// # Errors
    /// `storage.unavailable`.
    pub async fn thumbnail(&self, name: ObjectName) -> Result<Option<Bytes>> {
        self.thumbnails.get(&self.storage, name).await
    }

    /// Removes objects that no row names any more, without waiting for it. What cannot be removed now is swept later.
    pub fn discard(self: &Arc<Self>, names: Vec<ObjectName>) {
        for name in &names {
            self.thumbnails.forget(*name);
        }
        let files = Arc::clone(self);
        self.runtime.spawn(async move {
            for name in names {
                if let Err(error) = files.storage.remove(name).await {
                    tracing::warn!(
                        cause = error.cause(),
                        "an object that nobody needs any more could not be removed; it will be swept"
                    );
                }
            }
        });
    }
}
