//! Mails whose proof comes back: what it is worth, and that it is worth something once.

use super::Template;
use super::store::bound_to_account_as_it_was;
use crate::base::{Id, Timestamp};
use crate::db::{Reader, Result, Row, Writer};

/// How many wrong codes a mail survives; then only its link is good.
const CODE_TRIES: i64 = 5;

/// A mail that can be proven to have been read, right now.
#[derive(Clone, Debug)]
pub struct OpenProof {
    /// The mail's key.
    pub key: i64,
    /// Its id.
    pub id: Id,
    /// What it is about.
    pub template: Template,
    /// The account it concerns.
    pub account: i64,
    /// The address that it went to, as typed.
    pub recipient: String,
}

const COLUMNS: &str = "m.id, m.public_id, m.recipient, m.handed_over_at, m.void_at, m.template, m.account_id, \
                       m.account_epoch, m.address_key, a.epoch, a.email_key, a.deleted_at IS NOT NULL";

/// The mail of this id, if its proof is good for `template` at `now`.
///
/// # Errors
/// When the statement fails.
pub fn find_open(
    reader: &mut Reader<'_>,
    template: Template,
    id: Id,
    now: Timestamp,
) -> Result<Option<OpenProof>> {
    let found = reader.first(
        &format!(
            "SELECT {COLUMNS} FROM mails m JOIN accounts a ON a.id = m.account_id WHERE m.public_id = ?"
        ),
        &[id.into()],
        |row| read(row, template, now),
    )?;
    Ok(found.flatten())
}

/// The newest mail to an account about `template`, if its proof is good at `now`.
///
/// # Errors
/// When the statement fails.
pub fn find_newest_open(
    reader: &mut Reader<'_>,
    template: Template,
    account: i64,
    now: Timestamp,
) -> Result<Option<OpenProof>> {
    let found = reader.first(
        &format!(
            "SELECT {COLUMNS} FROM mails m JOIN accounts a ON a.id = m.account_id
             WHERE m.account_id = ? AND m.template = ? ORDER BY m.id DESC LIMIT 1"
        ),
        &[account.into(), template.name().into()],
        |row| read(row, template, now),
    )?;
    Ok(found.flatten())
}

fn read(row: &dyn Row, template: Template, now: Timestamp) -> Result<Option<OpenProof>> {
    let handed_over_at: Option<Timestamp> = row.get(3)?;
    let in_time = handed_over_at.is_some_and(|at| now < at.plus(template.lifetime()));
    let void = row.get::<Option<i64>>(4)?.is_some();
    let same = row.get::<String>(5)? == template.name();
    if !in_time || void || !same || !bound_to_account_as_it_was(row, 6)? {
        return Ok(None);
    }
    Ok(Some(OpenProof {
        key: row.get(0)?,
        id: row.get(1)?,
        template,
        recipient: row.get(2)?,
        account: row.get(6)?,
    }))
}

/// When the newest mail to an account about `template` was queued.
///
/// # Errors
/// When the statement fails.
pub fn newest_at(reader: &mut Reader<'_>, template: Template, account: i64) -> Result<Option<Timestamp>> {
    reader.first(
        "SELECT created_at FROM mails WHERE account_id = ? AND template = ? ORDER BY id DESC LIMIT 1",
        &[account.into(), template.name().into()],
        |row| row.get(0),
    )
}

/// Uses a proof up; whether nobody else was faster.
///
/// # Errors
/// When the statement fails.
pub fn use_up(writer: &mut Writer<'_>, proof: &OpenProof, now: Timestamp) -> Result<bool> {
    let statement = "UPDATE mails SET void_at = ? WHERE id = ? AND void_at IS NULL";
    Ok(writer.execute(statement, &[now.into(), proof.key.into()])? == 1)
}

/// Voids every proof in a database that nobody serves from.
///
/// # Errors
/// When the statement fails.
pub fn void_everywhere(writer: &mut Writer<'_>, now: Timestamp) -> Result<u64> {
    writer.execute("UPDATE mails SET void_at = ? WHERE void_at IS NULL", &[now.into()])
}

/// Counts a try of a mail's code, before it is judged: of many at once, none is judged that is one too many. Whether it
/// may be judged. The key 0 is nobody's, and takes as long.
///
/// # Errors
/// When the statement fails.
pub fn begin_code_try(writer: &mut Writer<'_>, key: i64) -> Result<bool> {
    let statement = "UPDATE mails SET code_failures = code_failures + 1 WHERE id = ? AND code_failures < ?";
    Ok(writer.execute(statement, &[key.into(), CODE_TRIES.into()])? == 1)
}

/// Takes back what [`begin_code_try`] has counted in this transaction: the code was right.
///
/// # Errors
/// When the statement fails.
pub fn forgive_code_try(writer: &mut Writer<'_>, key: i64) -> Result<()> {
    writer.execute("UPDATE mails SET code_failures = code_failures - 1 WHERE id = ?", &[key.into()])?;
    Ok(())
}
