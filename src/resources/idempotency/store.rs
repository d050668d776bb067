//! SQL of kept answers.

use super::Receipt;
use crate::base::Timestamp;
use crate::db::{Reader, Result, Writer};
use crate::http::idempotency::IdempotencyKey;

/// The constraint that lets only one of two simultaneous creations stand.
pub(super) const UNIQUE: &str = "uq_idempotency_keys_account_id_route_idempotency_key";

pub(super) fn insert(
    writer: &mut Writer<'_>,
    account: i64,
    key: &IdempotencyKey,
    body_mac: &[u8],
    receipt: &Receipt,
    now: Timestamp,
) -> Result<()> {
    writer.execute(
        "INSERT INTO idempotency_keys (account_id, route, idempotency_key, body_mac, location, etag, body, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            account.into(),
            key.route.into(),
            (&key.key).into(),
            body_mac.into(),
            (&receipt.location).into(),
            (&receipt.etag).into(),
            (&receipt.body).into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub(super) fn find(
    reader: &mut Reader<'_>,
    account: i64,
    key: &IdempotencyKey,
) -> Result<Option<(Vec<u8>, Receipt)>> {
    reader.first(
        "SELECT body_mac, location, etag, body FROM idempotency_keys
         WHERE account_id = ? AND route = ? AND idempotency_key = ?",
        &[account.into(), key.route.into(), (&key.key).into()],
        |row| Ok((row.get(0)?, Receipt { location: row.get(1)?, etag: row.get(2)?, body: row.get(3)? })),
    )
}

pub(super) fn delete_older(
    writer: &mut Writer<'_>,
    account: i64,
    key: &IdempotencyKey,
    before: Timestamp,
) -> Result<u64> {
    writer.execute(
        "DELETE FROM idempotency_keys
         WHERE account_id = ? AND route = ? AND idempotency_key = ? AND created_at < ?",
        &[account.into(), key.route.into(), (&key.key).into(), before.into()],
    )
}

pub(super) fn delete_all_older(writer: &mut Writer<'_>, before: Timestamp, chunk: u32) -> Result<u64> {
    let old = writer.list(
        "SELECT account_id, route, idempotency_key FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ?",
        &[before.into(), i64::from(chunk).into()],
        |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<String>(2)?)),
    )?;
    for (account, route, key) in &old {
        writer.execute(
            "DELETE FROM idempotency_keys WHERE account_id = ? AND route = ? AND idempotency_key = ?",
            &[(*account).into(), route.into(), key.into()],
        )?;
    }
    Ok(old.len() as u64)
}

pub(super) fn delete_of_account(writer: &mut Writer<'_>, account: i64, chunk: u32) -> Result<u64> {
    let keys = writer.list(
        "SELECT route, idempotency_key FROM idempotency_keys WHERE account_id = ? LIMIT ?",
        &[account.into(), i64::from(chunk).into()],
        |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?)),
    )?;
    let mut removed = 0;
    for (route, key) in &keys {
        removed += writer.execute(
            "DELETE FROM idempotency_keys WHERE account_id = ? AND route = ? AND idempotency_key = ?",
            &[account.into(), route.into(), key.into()],
        )?;
    }
    Ok(removed)
}
