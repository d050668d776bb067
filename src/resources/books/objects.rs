//! Objects and rows held against each other: what a crash left in the storage is removed, and what is missing there is told.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::TryStreamExt;

use super::model::{Book, BookName};
use super::{service, store};
use crate::app::App;
use crate::base::{Error, Id, Result};
use crate::files::{ORPHAN_AGE, ObjectName, Stored, StoredPicture};

/// How many objects or rows are looked at in one statement.
const CHUNK: usize = 200;
/// Up to how many objects may be unknown to the database, whatever their share.
const FEW: u64 = 100;

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

/// Removes the objects that no row names and that are older than 24 hours; how many. Where most are, none is removed: a
/// database that knows less than half of what is kept is more likely to be the wrong one.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot be read.
pub async fn sweep(app: &Arc<App>) -> Result<u64> {
    app.files.storage.clear_leftovers(app.now().minus(ORPHAN_AGE)).await?;
    let mut survey = Survey::default();
    look_through(app, &mut survey, |_| {}).await?;
    let orphans = survey.orphans.len() as u64;
    if orphans > FEW && orphans * 2 > survey.objects {
        tracing::warn!(
            orphans,
            objects = survey.objects,
            "most files are unknown to this database, so none was removed: is it the database of these files? \
             portcullis files check --repair removes them"
        );
        return Ok(0);
    }
    remove(app, survey.orphans).await
}

/// Holds all objects against all rows.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot be read.
pub async fn take_inventory(app: &Arc<App>) -> Result<Inventory> {
    let (mut survey, mut present) = (Survey::default(), HashSet::new());
    look_through(app, &mut survey, |name| {
        present.insert(name);
    })
    .await?;
    let missing = find_missing(app, &present).await?;
    Ok(Inventory { objects: survey.objects, bytes: survey.bytes, orphans: survey.orphans, missing })
}

/// Puts right what can be: orphans go, lost thumbnails are made anew, and a cover that is lost is taken off its book. One
/// that cannot be mended does not keep the others from it.
///
/// # Errors
/// `storage.unavailable`, or when the database cannot take it; what was done stays done.
pub async fn repair(app: &Arc<App>, inventory: Inventory) -> Result<Repair> {
    let mut repair = Repair { removed: remove(app, inventory.orphans).await?, ..Repair::default() };
    app.files.storage.clear_leftovers(app.now().minus(ORPHAN_AGE)).await?;
    for missing in inventory.missing {
        match mend(app, &missing).await {
            Ok(()) => repair.mended += 1,
            Err(error) => repair.left.push((missing.book, error)),
        }
    }
    Ok(repair)
}

/// What a repair has done.
#[derive(Debug, Default)]
pub struct Repair {
    /// How many objects it has removed.
    pub removed: u64,
    /// How many covers it has put right.
    pub mended: u64,
    /// The books whose covers could not be put right, and why.
    pub left: Vec<(Id, Error)>,
}

#[derive(Default)]
struct Survey {
    objects: u64,
    bytes: u64,
    orphans: Vec<Stored>,
}

async fn look_through(app: &Arc<App>, survey: &mut Survey, mut see: impl FnMut(ObjectName)) -> Result<()> {
    let before = app.now().minus(ORPHAN_AGE);
    let mut listed = app.files.storage.list().try_chunks(CHUNK);
    while let Some(chunk) = listed.try_next().await.map_err(|broken| broken.1)? {
        survey.objects += chunk.len() as u64;
        survey.bytes += chunk.iter().map(|object| object.bytes).sum::<u64>();
        for object in &chunk {
            see(object.name);
        }
        let old = chunk.into_iter().filter(|object| object.written_at < before).collect();
        survey.orphans.extend(without_row(app, old).await?);
    }
    Ok(())
}

async fn without_row(app: &Arc<App>, mut objects: Vec<Stored>) -> Result<Vec<Stored>> {
    let names: Vec<_> = objects.iter().map(|object| object.name).collect();
    let kept = app.db.scan(move |reader| Ok(store::list_named(reader, &names)?)).await?;
    objects.retain(|object| !kept.contains(&object.name));
    Ok(objects)
}

/// Looks at the rows anew before each chunk goes: the listing may have taken long.
async fn remove(app: &Arc<App>, orphans: Vec<Stored>) -> Result<u64> {
    let mut removed = 0;
    for chunk in orphans.chunks(CHUNK) {
        for orphan in without_row(app, chunk.to_vec()).await? {
            app.files.remove(orphan.name).await?;
            removed += 1;
        }
    }
    Ok(removed)
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
            let picture = app.files.remake(receiving.finish().await?).await?;
            Some(StoredPicture { thumbnail: app.files.store_thumbnail(picture).await?, ..before })
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
    let (needed, unneeded) = if written.await? { (after, Some(before)) } else { (Some(before), after) };
    let needed = needed.map(|cover| cover.names());
    for name in unneeded
        .iter()
        .flat_map(StoredPicture::names)
        .filter(|name| !needed.is_some_and(|needed| needed.contains(name)))
    {
        app.files.remove(name).await?;
    }
    Ok(())
}
