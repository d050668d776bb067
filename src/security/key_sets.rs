//! SQL of key sets: which exist, what each may still do, and, for several nodes on one database, its sealed secrets.

use super::{KeyId, KeyState};
use crate::base::{self, Timestamp, codes};
use crate::db::{OnConstraint, Reader, Result, Writer};

/// What the database knows of a set.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its id.
    pub id: KeyId,
    /// What it may still do.
    pub state: KeyState,
    /// Its secrets under the master key; `None`: they stand in a file, or are destroyed.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When another set took its place.
    pub retired_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A new set whose secrets are safe: in a file, or sealed here.
#[derive(Clone, Debug)]
pub struct NewKeySet {
    /// Its id.
    pub id: KeyId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its secrets under the master key.
    pub sealed: Option<Vec<u8>>,
}

/// Every set, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub fn list(reader: &mut Reader<'_>) -> Result<Vec<KeyRow>> {
    reader.list(
        "SELECT id, state, sealed, created_at, retired_at, revoked_at FROM key_sets ORDER BY created_at, id",
        &[],
        |row| {
            Ok(KeyRow {
                id: row.word(0)?,
                state: row.word(1)?,
                sealed: row.get(2)?,
                created_at: row.get(3)?,
                retired_at: row.get(4)?,
                revoked_at: row.get(5)?,
            })
        },
    )
}

/// The set that signs.
pub(super) fn find_current(reader: &mut Reader<'_>) -> Result<Option<KeyId>> {
    reader.first("SELECT id FROM key_sets WHERE state = 'current'", &[], |row| row.word(0))
}

/// Makes the database know a set; there can be one current and one next.
///
/// # Errors
/// [`outrun`] when there is one in this slot, or the set is known already.
pub fn insert(writer: &mut Writer<'_>, set: &NewKeySet, state: KeyState) -> base::Result<()> {
    let id = set.id.to_string();
    let slot = matches!(state, KeyState::Current | KeyState::Next).then_some(state.as_str());
    writer
        .execute(
            "INSERT INTO key_sets (id, slot, state, sealed, created_at) VALUES (?, ?, ?, ?, ?)",
            &[
                (&id).into(),
                slot.into(),
                state.as_str().into(),
                set.sealed.as_deref().into(),
                set.created_at.into(),
            ],
        )
        // Each engine has a name of its own for a primary key.
        .or_constraint(&[
            ("uq_key_sets_slot", outrun),
            ("uq_key_sets_id", outrun),
            ("PRIMARY", outrun),
            ("key_sets_pkey", outrun),
        ])?;
    Ok(())
}

/// Keeps the sealed secrets of a set that stood in a file only; whether it was the first to do so.
pub(super) fn update_sealed(writer: &mut Writer<'_>, id: KeyId, sealed: &[u8]) -> Result<bool> {
    let id = id.to_string();
    let matched = writer.execute(
        "UPDATE key_sets SET sealed = ? WHERE id = ? AND sealed IS NULL AND state <> 'revoked'",
        &[sealed.into(), (&id).into()],
    )?;
    Ok(matched == 1)
}

/// The current set signs no more.
///
/// # Errors
/// [`outrun`] when it is no longer the current one.
pub fn retire(writer: &mut Writer<'_>, current: KeyId, now: Timestamp) -> base::Result<()> {
    let id = current.to_string();
    let matched = writer.execute(
        "UPDATE key_sets SET state = 'previous', slot = NULL, retired_at = ? WHERE id = ? AND state = 'current'",
        &[now.into(), (&id).into()],
    )?;
    if matched == 1 { Ok(()) } else { Err(outrun()) }
}

/// The next set signs from now on.
///
/// # Errors
/// [`outrun`] when it is no longer the next one.
pub fn promote(writer: &mut Writer<'_>, next: KeyId) -> base::Result<()> {
    let id = next.to_string();
    let matched = writer
        .execute(
            "UPDATE key_sets SET state = 'current', slot = 'current' WHERE id = ? AND state = 'next'",
            &[(&id).into()],
        )
        .or_constraint(&[("uq_key_sets_slot", outrun)])?;
    if matched == 1 { Ok(()) } else { Err(outrun()) }
}

/// The set verifies nothing any more, and its sealed secrets are gone; its row stays, so that they are refused if they
/// come back.
///
/// # Errors
/// [`outrun`] when it is in another state.
pub fn revoke(writer: &mut Writer<'_>, id: KeyId, state: KeyState, now: Timestamp) -> base::Result<()> {
    let id = id.to_string();
    let matched = writer.execute(
        "UPDATE key_sets SET state = 'revoked', slot = NULL, sealed = NULL, revoked_at = ? WHERE id = ? AND state = ?",
        &[now.into(), (&id).into(), state.as_str().into()],
    )?;
    if matched == 1 { Ok(()) } else { Err(outrun()) }
}

/// Forgets a previous set; whether it was one.
///
/// # Errors
/// When the statement fails.
pub fn delete_previous(writer: &mut Writer<'_>, id: KeyId) -> Result<bool> {
    let id = id.to_string();
    let matched =
        writer.execute("DELETE FROM key_sets WHERE id = ? AND state = 'previous'", &[(&id).into()])?;
    Ok(matched == 1)
}

/// Somebody else was faster: what was read stands no more.
pub fn outrun() -> base::Error {
    base::Error::new(&codes::STALE)
}
