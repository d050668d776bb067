//! SQL of failed attempts and known devices.

use super::model::{Failures, Subject};
use crate::base::Timestamp;
use crate::db::{Reader, Result, Writer};

/// The constraint that lets only one of two simultaneous first attempts make the row.
pub(super) const UNIQUE: &str = "uq_password_guesses_subject";

pub(super) fn find(reader: &mut Reader<'_>, subject: &Subject) -> Result<Option<Failures>> {
    reader.first(
        "SELECT failures, attempted_at FROM password_guesses WHERE subject = ?",
        &[subject.as_slice().into()],
        |row| Ok(Failures { count: row.get(0)?, last: row.get(1)? }),
    )
}

pub(super) fn insert(writer: &mut Writer<'_>, subject: &Subject, failures: &Failures) -> Result<()> {
    writer.execute(
        "INSERT INTO password_guesses (subject, failures, attempted_at) VALUES (?, ?, ?)",
        &[subject.as_slice().into(), failures.count.into(), failures.last.into()],
    )?;
    Ok(())
}

/// Moves the count if the row still is what was read; whether it was.
pub(super) fn update(
    writer: &mut Writer<'_>,
    subject: &Subject,
    before: &Failures,
    after: &Failures,
) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE password_guesses SET failures = ?, attempted_at = ?
         WHERE subject = ? AND failures = ? AND attempted_at = ?",
        &[
            after.count.into(),
            after.last.into(),
            subject.as_slice().into(),
            before.count.into(),
            before.last.into(),
        ],
    )?;
    Ok(matched == 1)
}

/// Takes one failure back; a row that would say nothing any more goes.
pub(super) fn take_back(writer: &mut Writer<'_>, subject: &Subject) -> Result<()> {
    let only = "DELETE FROM password_guesses WHERE subject = ? AND failures <= 1";
    if writer.execute(only, &[subject.as_slice().into()])? > 0 {
        return Ok(());
    }
    writer.execute(
        "UPDATE password_guesses SET failures = failures - 1 WHERE subject = ? AND failures > 0",
        &[subject.as_slice().into()],
    )?;
    Ok(())
}

pub(super) fn delete(writer: &mut Writer<'_>, subject: &Subject) -> Result<()> {
    writer.execute("DELETE FROM password_guesses WHERE subject = ?", &[subject.as_slice().into()])?;
    Ok(())
}

/// Removes the row if it still is what was read.
fn delete_unchanged(writer: &mut Writer<'_>, subject: &Subject, read: &Failures) -> Result<u64> {
    writer.execute(
        "DELETE FROM password_guesses WHERE subject = ? AND failures = ? AND attempted_at = ?",
        &[subject.as_slice().into(), read.count.into(), read.last.into()],
    )
}

/// Removes rows from before `all`, and from before `few` those of fewer failures than `some`.
pub(super) fn delete_forgotten(
    writer: &mut Writer<'_>,
    (few, some, all): (Timestamp, i64, Timestamp),
    chunk: u32,
) -> Result<u64> {
    let sql = "SELECT subject, failures, attempted_at FROM password_guesses
               WHERE attempted_at < ? AND (failures < ? OR attempted_at < ?) ORDER BY attempted_at LIMIT ?";
    delete_listed(writer, sql, &[few.into(), some.into(), all.into(), i64::from(chunk).into()])
}

/// The time of the newest attempt that is one too many to be kept.
pub(super) fn find_surplus(reader: &mut Reader<'_>, kept: i64) -> Result<Option<Timestamp>> {
    reader.first(
        "SELECT attempted_at FROM password_guesses ORDER BY attempted_at DESC LIMIT 1 OFFSET ?",
        &[kept.into()],
        |row| row.get(0),
    )
}

/// Removes rows up to this time.
pub(super) fn delete_surplus(writer: &mut Writer<'_>, until: Timestamp, chunk: u32) -> Result<u64> {
    let sql = "SELECT subject, failures, attempted_at FROM password_guesses
               WHERE attempted_at <= ? ORDER BY attempted_at LIMIT ?";
    delete_listed(writer, sql, &[until.into(), i64::from(chunk).into()])
}

fn delete_listed(writer: &mut Writer<'_>, sql: &str, values: &[crate::db::Value<'_>]) -> Result<u64> {
    let rows = writer.list(sql, values, |row| {
        Ok((row.get::<Vec<u8>>(0)?, Failures { count: row.get(1)?, last: row.get(2)? }))
    })?;
    let mut removed = 0;
    for (subject, read) in &rows {
        if let Ok(subject) = subject.as_slice().try_into() {
            removed += delete_unchanged(writer, subject, read)?;
        }
    }
    Ok(removed)
}

/// When the account was last signed in to from this device.
pub(super) fn find_device(reader: &mut Reader<'_>, account: i64, device: &[u8]) -> Result<Option<Timestamp>> {
    reader.first(
        "SELECT seen_at FROM known_devices WHERE account_id = ? AND device = ?",
        &[account.into(), device.into()],
        |row| row.get(0),
    )
}

/// Notes a sign-in from this device. The caller's transaction holds the account's row, so that no two of them insert at once.
pub(super) fn upsert_device(
    writer: &mut Writer<'_>,
    account: i64,
    device: &[u8],
    now: Timestamp,
) -> Result<()> {
    let updated = writer.execute(
        "UPDATE known_devices SET seen_at = ? WHERE account_id = ? AND device = ?",
        &[now.into(), account.into(), device.into()],
    )?;
    if updated == 0 {
        writer.execute(
            "INSERT INTO known_devices (account_id, device, seen_at) VALUES (?, ?, ?)",
            &[account.into(), device.into(), now.into()],
        )?;
    }
    Ok(())
}

/// The time of the newest device that is one too many for its account.
pub(super) fn find_surplus_device(
    reader: &mut Reader<'_>,
    account: i64,
    kept: i64,
) -> Result<Option<Timestamp>> {
    reader.first(
        "SELECT seen_at FROM known_devices WHERE account_id = ? ORDER BY seen_at DESC LIMIT 1 OFFSET ?",
        &[account.into(), kept.into()],
        |row| row.get(0),
    )
}

/// Removes an account's devices that were not seen after this time.
pub(super) fn delete_surplus_devices(
    writer: &mut Writer<'_>,
    account: i64,
    until: Timestamp,
    but: &[u8],
) -> Result<()> {
    writer.execute(
        "DELETE FROM known_devices WHERE account_id = ? AND seen_at <= ? AND device <> ?",
        &[account.into(), until.into(), but.into()],
    )?;
    Ok(())
}

pub(super) fn delete_old_devices(writer: &mut Writer<'_>, before: Timestamp, chunk: u32) -> Result<u64> {
    let old = writer.list(
        "SELECT account_id, device FROM known_devices WHERE seen_at < ? ORDER BY seen_at LIMIT ?",
        &[before.into(), i64::from(chunk).into()],
        |row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?)),
    )?;
    let mut removed = 0;
    for (account, device) in &old {
        removed += writer.execute(
            "DELETE FROM known_devices WHERE account_id = ? AND device = ? AND seen_at < ?",
            &[(*account).into(), device.as_slice().into(), before.into()],
        )?;
    }
    Ok(removed)
}

pub(super) fn delete_devices(writer: &mut Writer<'_>, account: i64) -> Result<()> {
    writer.execute("DELETE FROM known_devices WHERE account_id = ?", &[account.into()])?;
    Ok(())
}

pub(super) fn delete_devices_of(writer: &mut Writer<'_>, account: i64, chunk: u32) -> Result<u64> {
    let devices = writer.list(
        "SELECT device FROM known_devices WHERE account_id = ? LIMIT ?",
        &[account.into(), i64::from(chunk).into()],
        |row| row.get::<Vec<u8>>(0),
    )?;
    for device in &devices {
        writer.execute(
            "DELETE FROM known_devices WHERE account_id = ? AND device = ?",
            &[account.into(), device.as_slice().into()],
        )?;
    }
    Ok(devices.len() as u64)
}
