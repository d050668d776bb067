//! Thumbnails in memory: short, asked for often, and never changed.

use std::time::Duration;

use bytes::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::{ObjectName, Storage};
use crate::base::Result;

/// How long one is believed to exist without looking: another node may have removed it.
const TRUSTED: Duration = Duration::from_mins(1);
/// What one takes besides its bytes.
const OVERHEAD: u64 = 200;
/// The usual size of one, for the first layout of the cache.
const USUAL: u64 = 4096;

#[derive(Clone)]
struct Kept {
    content: Bytes,
    read_at: Instant,
}

#[derive(Clone)]
struct Length;

impl Weighter<ObjectName, Kept> for Length {
    fn weight(&self, _: &ObjectName, kept: &Kept) -> u64 {
        kept.content.len() as u64 + OVERHEAD
    }
}

pub(super) struct Thumbnails {
    cache: Cache<ObjectName, Kept, Length>,
}

impl Thumbnails {
    /// With room for so many bytes.
    pub(super) fn new(room: u64) -> Self {
        let items = usize::try_from(room / USUAL).unwrap_or(usize::MAX).max(1);
        Self { cache: Cache::with_weighter(items, room, Length) }
    }

    /// One from memory, or else from the storage; those who ask at once for one share the reading.
    pub(super) async fn get(&self, storage: &Storage, name: ObjectName) -> Result<Option<Bytes>> {
        if let Some(kept) = self.cache.get(&name) {
            if kept.read_at.elapsed() < TRUSTED {
                return Ok(Some(kept.content));
            }
            self.cache.remove(&name);
        }
        match self.cache.get_value_or_guard_async(&name).await {
            Ok(kept) => Ok(Some(kept.content)),
            Err(guard) => {
                let Some(content) = storage.read(name).await? else { return Ok(None) };
                let kept = Kept { content: content.clone(), read_at: Instant::now() };
                // Whoever removed it meanwhile has taken the place away.
                guard.insert(kept).ok();
                Ok(Some(content))
            }
        }
    }

    pub(super) fn forget(&self, name: ObjectName) {
        self.cache.remove(&name);
    }
}
