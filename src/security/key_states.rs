//! Which key sets exist, as the database knows: states are shared through it, the keys are not.

use super::{KeyRing, KeyState};
use crate::base::{Result, Timestamp};
use crate::db::Db;

/// The ids of all sets that the database knows.
///
/// # Errors
/// When the database cannot be read.
pub async fn known_key_sets(db: &Db) -> Result<Vec<String>> {
    db.read(|reader| Ok(reader.list("SELECT id FROM key_sets", &[], |row| row.get(0))?)).await
}

/// Makes the database know every set of the ring.
///
/// # Errors
/// When the database cannot take it.
pub async fn record_key_sets(db: &Db, ring: &KeyRing) -> Result<()> {
    let sets: Vec<(String, Timestamp)> =
        ring.all().iter().map(|set| (set.id.clone(), set.created_at)).collect();
    db.write(move |writer| {
        let known: Vec<String> = writer.list("SELECT id FROM key_sets", &[], |row| row.get(0))?;
        for (id, created_at) in sets.iter().filter(|(id, _)| !known.contains(id)) {
            writer.execute(
                "INSERT INTO key_sets (id, state, created_at) VALUES (?, ?, ?)",
                &[id.into(), KeyState::Current.as_str().into(), (*created_at).into()],
            )?;
        }
        Ok(())
    })
    .await
}
