//! Thumbnails in memory: short, asked for often, and never changed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::{ObjectName, Storage};
use crate::base::{Error, Result};

/// How long one is believed to exist without looking: another node may have removed it.
const TRUSTED: Duration = Duration::from_mins(1);
/// How long one is believed not to exist: addresses of strangers' invention must not each cost a look into a bucket.
const MISSED: Duration = Duration::from_secs(5);
/// How long nobody asks a storage that has just failed: those who wait for the same would each wait for its silence.
const RESPITE: Duration = Duration::from_secs(1);
/// What one takes besides its bytes.
const OVERHEAD: u64 = 200;
/// The usual size of one, for the first layout of the cache.
const USUAL: u64 = 4096;

/// What a look into the storage told.
#[derive(Clone)]
struct Seen {
    content: Option<Bytes>,
    at: Instant,
}

impl Seen {
    fn holds(&self) -> bool {
        self.at.elapsed() < if self.content.is_some() { TRUSTED } else { MISSED }
    }
}

#[derive(Clone)]
struct Length;

impl Weighter<ObjectName, Seen> for Length {
    fn weight(&self, _: &ObjectName, seen: &Seen) -> u64 {
        seen.content.as_ref().map_or(0, |content| content.len() as u64) + OVERHEAD
    }
}

pub(super) struct Thumbnails {
    cache: Cache<ObjectName, Seen, Length>,
    failed: Mutex<Option<(Instant, Error)>>,
}

impl Thumbnails {
    /// With room for so many bytes.
    pub(super) fn new(room: u64) -> Self {
        let items = usize::try_from(room / USUAL).unwrap_or(usize::MAX).max(1);
        Self { cache: Cache::with_weighter(items, room, Length), failed: Mutex::new(None) }
    }

    /// One from memory, or else from the storage; those who ask at once for one share the reading.
    pub(super) async fn get(&self, storage: &Storage, name: ObjectName) -> Result<Option<Bytes>> {
        if let Some(seen) = self.cache.get(&name) {
            if seen.holds() {
                return Ok(seen.content);
            }
            self.cache.remove(&name);
        }
        match self.cache.get_value_or_guard_async(&name).await {
            Ok(seen) => Ok(seen.content),
            Err(guard) => {
                let content = self.read(storage, name).await?;
                let seen = Seen { content: content.clone(), at: Instant::now() };
                // Whoever removed it meanwhile has taken the place away.
                guard.insert(seen).ok();
                Ok(content)
            }
        }
    }

    async fn read(&self, storage: &Storage, name: ObjectName) -> Result<Option<Bytes>> {
        let failed = || self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, error)) = &*failed()
            && at.elapsed() < RESPITE
        {
            return Err(error.clone());
        }
        let read = storage.read(name).await;
        *failed() = read.as_ref().err().map(|error| (Instant::now(), error.clone()));
        read
    }

    pub(super) fn forget(&self, name: ObjectName) {
        self.cache.remove(&name);
    }
}
