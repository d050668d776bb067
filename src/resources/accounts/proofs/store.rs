//! SQL of what proofs change about an account.

use crate::base::{self, Timestamp};
use crate::db::{Result, Writer};
use crate::resources::accounts::identifiers::Identifier;
use crate::resources::accounts::model::Account;
use crate::resources::accounts::store::taken;

/// Sets the password, raises the epoch and notes the address as verified, if the version still is the one before; whether
/// it was.
pub(super) fn update_reset(
    writer: &mut Writer<'_>,
    before: &Account,
    hash: &str,
    now: Timestamp,
) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE accounts SET password_hash = ?, epoch = epoch + 1, email_verified_at = COALESCE(email_verified_at, ?),
                             version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[hash.into(), now.into(), now.into(), before.key.into(), before.version.into()],
    )?;
    Ok(matched == 1)
}

/// Notes the address as verified, if the version still is the one before; whether it was.
pub(super) fn update_verified(writer: &mut Writer<'_>, before: &Account, now: Timestamp) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE accounts SET email_verified_at = ?, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[now.into(), now.into(), before.key.into(), before.version.into()],
    )?;
    Ok(matched == 1)
}

/// Gives the account another address, verified, if the version still is the one before; whether it was.
pub(super) fn update_address(
    writer: &mut Writer<'_>,
    before: &Account,
    address: &Identifier,
    now: Timestamp,
) -> base::Result<bool> {
    let matched = writer.execute(
        "UPDATE accounts SET email = ?, email_key = ?, email_verified_at = ?, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[
            (&address.typed).into(),
            (&address.key).into(),
            now.into(),
            now.into(),
            before.key.into(),
            before.version.into(),
        ],
    );
    Ok(taken(matched)? == 1)
}
