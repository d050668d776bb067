//! Objects and rows held against each other: what a crash left in the storage is removed, and what is missing there is told.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::TryStreamExt;

use super::model::{Book, BookName};
use super::{service, store};
use crate::app::App;
use crate::base::{Error, Id, Result};
use crate::files::{ORPHAN_AGE, ObjectName, Stored};

/// How many objects or rows are looked at in one statement.
const CHUNK: usize = 200;

/// What was found.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Objects in the storage.
    pub objects: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// Objects that no row names and that are old enough to be nobody's.
    pub orphans: Vec<Stored>,
    /// Covers whose objects are not there.
    pub missing: Vec<Missing>,
}

/// A book whose cover is not wholly there.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The book.
    pub book: Id,
    /// Whether the picture in full size is gone; then the cover cannot be saved.
    pub original: bool,
    seen: Book,
}

/// Removes the objects that no row names and that are older than 24 hours; how many.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot be read.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    let orphans = survey(app).await?.orphans;
    remove(app, &orphans).await
}

/// Holds all objects against all rows.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot be read.
pub async fn take_inventory(app: &Arc<App>) -> Result<Inventory> {
    let Survey { objects, bytes, present, orphans } = survey(app).await?;
    let missing = find_missing(app, &present).await?;
    Ok(Inventory { objects, bytes, orphans, missing })
}

/// Puts right what can be: orphans go, lost thumbnails are made anew, and a cover that is lost is taken off its book.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot take it; what was done stays done.
pub async fn repair(app: &Arc<App>, inventory: &Inventory) -> Result<()> {
    remove(app, &inventory.orphans).await?;
    for missing in &inventory.missing {
        mend(app, missing).await?;
    }
    Ok(())
}

struct Survey {
    objects: u64,
    bytes: u64,
    present: HashSet<ObjectName>,
    orphans: Vec<Stored>,
}

async fn survey(app: &Arc<App>) -> Result<Survey> {
    let before = app.now().minus(ORPHAN_AGE);
    app.files.storage.clear_leftovers(before).await?;
    let mut survey = Survey { objects: 0, bytes: 0, present: HashSet::new(), orphans: Vec::new() };
    let mut listed = app.files.storage.list().try_chunks(CHUNK);
    while let Some(chunk) = listed.try_next().await.map_err(|broken| broken.1)? {
        survey.objects += chunk.len() as u64;
        survey.bytes += chunk.iter().map(|object| object.bytes).sum::<u64>();
        survey.present.extend(chunk.iter().map(|object| object.name));
        let old: Vec<_> = chunk.into_iter().filter(|object| object.written_at < before).collect();
        let names: Vec<_> = old.iter().map(|object| object.name).collect();
        let kept = app.db.scan(move |reader| Ok(store::list_named(reader, &names)?)).await?;
        survey.orphans.extend(old.into_iter().filter(|object| !kept.contains(&object.name)));
    }
    Ok(survey)
}

async fn remove(app: &Arc<App>, orphans: &[Stored]) -> Result<u64> {
    for orphan in orphans {
        app.files.storage.remove(orphan.name).await?;
    }
    Ok(orphans.len() as u64)
}

async fn find_missing(app: &Arc<App>, present: &HashSet<ObjectName>) -> Result<Vec<Missing>> {
    let (mut missing, mut after) = (Vec::new(), 0);
    loop {
        let limit = i64::try_from(CHUNK).map_err(Error::internal)?;
        let books = app.db.scan(move |reader| Ok(store::list_covered(reader, after, limit)?)).await?;
        let Some(last) = books.last() else { return Ok(missing) };
        after = last.key;
        for seen in books {
            let Some(cover) = seen.cover else { continue };
            // What was stored since the list was made is not in it.
            let mut gone = [false; 2];
            for (gone, name) in gone.iter_mut().zip(cover.names()) {
                *gone = !present.contains(&name) && !app.files.storage.has(name).await?;
            }
            if gone.contains(&true) {
                missing.push(Missing { book: seen.id, original: gone[0], seen });
            }
        }
    }
}

/// A book that was changed since is left alone: its owner was faster.
async fn mend(app: &Arc<App>, missing: &Missing) -> Result<()> {
    let Some(before) = missing.seen.cover else { return Ok(()) };
    let after = match app.files.storage.read(before.original).await? {
        Some(original) if !missing.original => {
            let mut receiving = app.files.receive_anew().await?;
            receiving.write(&original).await?;
            Some(app.files.keep(receiving.finish().await?).await?)
        }
        _ => None,
    };
    let (shared, seen) = (Arc::clone(app), missing.seen.clone());
    let written = app.db.write(move |writer| {
        let Some(mut book) = store::find(writer, seen.account, BookName::Key(seen.key))? else {
            return Ok(false);
        };
        if book.version != seen.version {
            return Ok(false);
        }
        book.cover = after;
        service::write(&shared, writer, book).map(|_| true)
    });
    let unneeded = if written.await? { Some(before) } else { after };
    app.files.discard(unneeded.iter().flat_map(crate::files::StoredPicture::names).collect());
    Ok(())
}
