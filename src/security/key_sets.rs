//! Where a server's key sets come from: its data folder, or, for several nodes on one database, sealed in that database.
//!
//! The database knows the id and state of every set. A set whose secrets are nowhere stops start-up with a sentence:
//! tokens of that set would be refused for no reason that anybody could see.

use std::path::Path;

use super::key_material::{KeyFolder, KeyMaterial};
use super::seal::MasterKey;
use super::{KeyRing, KeySet, KeyState};
use crate::base::{self, Error, Randomness, Timestamp};
use crate::db::{Db, OnConstraint};

/// What the database knows of a set.
struct Row {
    id: String,
    sealed: Option<Vec<u8>>,
}

/// Gathers the key sets, and makes the first one where there is none.
///
/// # Errors
/// A sentence for the operator: a file is damaged, a set's secrets are missing, or the master key is missing or wrong.
pub async fn open_ring(
    db: &Db,
    folder: &Path,
    master: Option<&MasterKey>,
    random: &dyn Randomness,
    now: Timestamp,
) -> Result<KeyRing, String> {
    let folder = KeyFolder::open(folder)?;
    let sealing = if db.shared() { master } else { None };
    let mut local = folder.read()?;
    let mut rows = rows(db).await?;
    if rows.is_empty() {
        let mut made_here = None;
        if local.is_empty() {
            let made = KeyMaterial::make(random, now)?;
            made_here = Some(made.id.clone());
            if sealing.is_none() {
                folder.write(&made)?;
            }
            local.push(made);
        }
        let first =
            local.iter().max_by_key(|set| (set.created_at, set.id.clone())).ok_or("There is no key set.")?;
        let kept = insert(db, first, true, sealing, random).await?;
        if !kept {
            // Another node was faster: its set is the first, ours was never used.
            if let Some(unused) = local.pop_if(|set| made_here.as_ref() == Some(&set.id)) {
                folder.remove(&unused)?;
            }
        }
        rows = self::rows(db).await?;
    }
    let mut sets = Vec::new();
    for row in &rows {
        sets.push(secrets(db, row, &local, &folder, sealing, random).await?);
    }
    for unknown in local.iter().filter(|set| !rows.iter().any(|row| row.id == set.id)) {
        if db.shared() {
            let (id, folder) = (&unknown.id, folder.path().display());
            tracing::warn!("the key set {id} in {folder} is not one of this database's and is not used");
        } else {
            insert(db, unknown, false, sealing, random).await?;
            sets.push(copy(unknown)?);
        }
    }
    KeyRing::new(sets.iter().map(KeySet::from_material).collect::<Result<_, _>>()?)
}

/// The secrets of a set that the database knows.
async fn secrets(
    db: &Db,
    row: &Row,
    local: &[KeyMaterial],
    folder: &KeyFolder,
    sealing: Option<&MasterKey>,
    random: &dyn Randomness,
) -> Result<KeyMaterial, String> {
    let id = &row.id;
    let here = local.iter().find(|set| set.id == *id);
    match (&row.sealed, sealing, here) {
        (Some(sealed), Some(master), _) => {
            let json = master.open(id, sealed).ok_or_else(|| {
                format!(
                    "The key set {id} in the database was sealed with another master key. Give this node the master key \
                     (keys.master_key or keys.master_key_file) of the others."
                )
            })?;
            KeyMaterial::from_json(&json)
                .map_err(|why| format!("The key set {id} in the database is damaged: {why}."))
        }
        (None, Some(master), Some(here)) => {
            let (set, sealed) = (id.clone(), master.seal(id, here.to_json().as_bytes(), random));
            let sealed_here = db.write(move |writer| {
                let statement = "UPDATE key_sets SET sealed = ? WHERE id = ? AND sealed IS NULL";
                Ok(writer.execute(statement, &[sealed.as_slice().into(), (&set).into()])? == 1)
            });
            if !sealed_here.await.map_err(|error| sentence(&error))? {
                return Err(format!(
                    "Another node has sealed the key set {id} at this very moment. Start this node again."
                ));
            }
            tracing::info!(
                "the key set {id} is sealed in the database now; other nodes with this master key may start"
            );
            copy(here)
        }
        (_, None, Some(here)) => copy(here),
        (Some(_), None, None) => Err(format!(
            "The key set {id} stands sealed in the database, and this node has no master key. Give it the one of the other \
             nodes: keys.master_key_file, or keys.master_key."
        )),
        (None, _, None) if db.shared() => Err(format!(
            "The database belongs to the key set {id}, which this node does not have. To run several nodes on one \
             database, give all of them the same master key (keys.master_key_file, or keys.master_key), the node that has \
             {id}.json in its key folder first. If this is the only node, put {id}.json back from a backup."
        )),
        (None, _, None) => Err(format!(
            "The database knows the key set {id}, but {} has no file for it. Put {id}.json back from a backup.",
            folder.path().display()
        )),
    }
}

fn copy(set: &KeyMaterial) -> Result<KeyMaterial, String> {
    KeyMaterial::from_json(set.to_json().as_bytes())
}

async fn rows(db: &Db) -> Result<Vec<Row>, String> {
    let rows = db.read(|reader| {
        let statement = "SELECT id, sealed FROM key_sets ORDER BY created_at, id";
        Ok(reader.list(statement, &[], |row| Ok(Row { id: row.get(0)?, sealed: row.get(1)? }))?)
    });
    rows.await.map_err(|error| sentence(&error))
}

/// Makes the database know a set; `false` when another node has made the first one.
async fn insert(
    db: &Db,
    set: &KeyMaterial,
    first: bool,
    sealing: Option<&MasterKey>,
    random: &dyn Randomness,
) -> Result<bool, String> {
    let (id, created_at) = (set.id.clone(), set.created_at);
    let sealed = sealing.map(|master| master.seal(&id, set.to_json().as_bytes(), random));
    let inserted = db.write(move |writer| {
        writer
            .execute(
                "INSERT INTO key_sets (id, first, state, sealed, created_at) VALUES (?, ?, ?, ?, ?)",
                &[
                    (&id).into(),
                    first.then_some(1).into(),
                    KeyState::Current.as_str().into(),
                    sealed.as_deref().into(),
                    created_at.into(),
                ],
            )
            .or_constraint(&[("uq_key_sets_first", outrun)])?;
        Ok(())
    });
    match inserted.await {
        Ok(()) => Ok(true),
        Err(error) if *error.code() == base::codes::STALE => Ok(false),
        Err(error) => Err(sentence(&error)),
    }
}

fn outrun() -> Error {
    Error::new(&base::codes::STALE)
}

fn sentence(error: &Error) -> String {
    let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
    format!("The key sets cannot be read from or written to the database: {}{cause}", error.detail())
}
