//! Which key sets exist, as the database knows: states are shared through it, the keys are not.

use super::{KeyRing, KeyState};
use crate::base::{Error, Result, Timestamp};
use crate::db::Db;

/// Makes the database know every set of the ring, and refuses to start when it knows a set whose file is missing: tokens
/// of that set would be refused for no reason that anybody could see.
///
/// # Errors
/// A sentence for the operator in the error's cause.
pub async fn reconcile(db: &Db, ring: &KeyRing) -> Result<()> {
    let sets: Vec<(String, Timestamp)> =
        ring.all().iter().map(|set| (set.id.clone(), set.created_at)).collect();
    let folder = ring.folder().display().to_string();
    db.write(move |writer| {
        let known: Vec<String> = writer.list("SELECT id FROM key_sets", &[], |row| row.get(0))?;
        if let Some(lost) = known.iter().find(|id| !sets.iter().any(|(set, _)| set == *id)) {
            return Err(Error::internal(format!(
                "The database knows the key set {lost}, but {folder} has no file for it. Put {lost}.json back from a backup."
            )));
        }
        for (id, created_at) in &sets {
            if !known.contains(id) {
                writer.execute(
                    "INSERT INTO key_sets (id, state, created_at) VALUES (?, ?, ?)",
                    &[id.into(), KeyState::Current.as_str().into(), (*created_at).into()],
                )?;
            }
        }
        Ok(())
    })
    .await
}
