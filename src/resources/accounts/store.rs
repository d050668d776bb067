//! SQL of accounts.

use super::identifiers;
use super::model::{Account, Credentials, Disabling, NewAccount};
use crate::base::{self, Error, Id, Status, Timestamp, codes, text};
use crate::db::{OnConstraint, Reader, Result, Row, Value, Writer};

pub(super) const COLUMNS: &str = "id, public_id, username, email, name, role, status, disabled_reason, disabled_until, epoch, version, \
     email_verified_at, last_login_at, created_at, updated_at";

/// How many columns those are.
const WIDTH: usize = 15;

/// A row as it is to be understood at `now`: a disabling whose time has come is over, whatever the row says.
pub(super) fn read(now: Timestamp) -> impl Fn(&dyn Row) -> Result<Account> {
    move |row| read_at(now, row)
}

fn read_at(now: Timestamp, row: &dyn Row) -> Result<Account> {
    let disabling = Disabling { reason: row.get(7)?, until: row.get(8)? };
    let status = row.word::<Status>(6)?.in_force(disabling.until, now);
    Ok(Account {
        key: row.get(0)?,
        id: row.get(1)?,
        username: row.get(2)?,
        email: row.get(3)?,
        name: row.get(4)?,
        role: row.word(5)?,
        status,
        disabled: (status == Status::Disabled).then_some(disabling),
        epoch: row.get(9)?,
        version: row.get(10)?,
        email_verified_at: row.get(11)?,
        last_login_at: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
    })
}

/// Somebody else has the address.
pub(super) fn email_taken() -> Error {
    Error::new(&codes::EMAIL_TAKEN).with_field("email", "taken", codes::EMAIL_TAKEN.meaning)
}

/// Somebody else has the user name.
pub(super) fn username_taken() -> Error {
    Error::new(&codes::USERNAME_TAKEN).with_field("username", "taken", codes::USERNAME_TAKEN.meaning)
}

/// A taken name is the caller's to mend; which one it was stands in the constraint's name.
pub(super) fn taken<T>(result: Result<T>) -> base::Result<T> {
    result.or_constraint(&[
        ("uq_accounts_email_key", email_taken),
        ("uq_accounts_username_key", username_taken),
    ])
}

pub(super) fn insert(writer: &mut Writer<'_>, new: &NewAccount) -> base::Result<Account> {
    let inserted = writer.first(
        &format!(
            "INSERT INTO accounts (public_id, username, username_key, email, email_key, name, name_key, role, status,
                                   password_hash, epoch, version, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1, ?, ?) RETURNING {COLUMNS}"
        ),
        &[
            new.id.into(),
            new.username.as_ref().map(|name| name.typed.as_str()).into(),
            new.username.as_ref().map(|name| name.key.as_str()).into(),
            new.email.as_ref().map(|address| address.typed.as_str()).into(),
            new.email.as_ref().map(|address| address.key.as_str()).into(),
            new.name.as_ref().into(),
            new.name.as_deref().map(name_key).as_ref().into(),
            new.role.as_str().into(),
            new.status.as_str().into(),
            (&new.password_hash).into(),
            new.now.into(),
            new.now.into(),
        ],
        read(new.now),
    );
    taken(inserted)?.ok_or_else(|| Error::internal("INSERT … RETURNING answered no row"))
}

/// What names are searched by.
fn name_key(name: &str) -> String {
    text::fold_within(name, 600)
}

pub(super) fn find(reader: &mut Reader<'_>, key: i64, now: Timestamp) -> Result<Option<Account>> {
    reader.first(
        "SELECT id, public_id, username, email, name, role, status, disabled_reason, disabled_until, epoch, version,
                email_verified_at, last_login_at, created_at, updated_at
         FROM accounts WHERE id = ? AND deleted_at IS NULL",
        &[key.into()],
        read(now),
    )
}

/// By public id.
pub(super) fn find_public(reader: &mut Reader<'_>, id: Id, now: Timestamp) -> Result<Option<Account>> {
    reader.first(
        &format!("SELECT {COLUMNS} FROM accounts WHERE public_id = ? AND deleted_at IS NULL"),
        &[id.into()],
        read(now),
    )
}

/// By a folded e-mail address or user name.
pub(super) fn find_credentials(
    reader: &mut Reader<'_>,
    login: Login<'_>,
    now: Timestamp,
) -> Result<Option<Credentials>> {
    let (column, key) = match login {
        Login::Email(key) => ("email_key", key),
        Login::Username(key) => ("username_key", key),
    };
    credentials(reader, column, key.into(), now)
}

/// By key.
pub(super) fn find_own_credentials(
    reader: &mut Reader<'_>,
    key: i64,
    now: Timestamp,
) -> Result<Option<Credentials>> {
    credentials(reader, "id", key.into(), now)
}

fn credentials(
    reader: &mut Reader<'_>,
    column: &str,
    key: Value<'_>,
    now: Timestamp,
) -> Result<Option<Credentials>> {
    reader.first(
        &format!("SELECT {COLUMNS}, password_hash FROM accounts WHERE {column} = ? AND deleted_at IS NULL"),
        &[key],
        |row| Ok(Credentials { account: read_at(now, row)?, password_hash: row.get(WIDTH)? }),
    )
}

/// What somebody signs in with, folded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Login<'a> {
    Email(&'a str),
    Username(&'a str),
}

/// Writes the account as it now is, if the version still is the one before; whether it was. Its password stays.
pub(super) fn update(writer: &mut Writer<'_>, after: &Account) -> base::Result<bool> {
    let username_key = after.username.as_deref().map(text::fold);
    let email_key = after.email.as_deref().and_then(identifiers::email_key);
    let disabled = after.disabled.as_ref();
    let updated = writer.execute(
        "UPDATE accounts
         SET username = ?, username_key = ?, email = ?, email_key = ?, name = ?, name_key = ?, role = ?, status = ?,
             disabled_reason = ?, disabled_until = ?, email_verified_at = ?, epoch = ?, version = ?, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[
            after.username.as_ref().into(),
            username_key.as_ref().into(),
            after.email.as_ref().into(),
            email_key.as_ref().into(),
            after.name.as_ref().into(),
            after.name.as_deref().map(name_key).as_ref().into(),
            after.role.as_str().into(),
            after.status.as_str().into(),
            disabled.and_then(|disabling| disabling.reason.as_ref()).into(),
            disabled.and_then(|disabling| disabling.until).into(),
            after.email_verified_at.into(),
            after.epoch.into(),
            after.version.into(),
            after.updated_at.into(),
            after.key.into(),
            (after.version - 1).into(),
        ],
    );
    Ok(taken(updated)? == 1)
}

/// Sets the password and raises the epoch if the version still is the one before; whether it was.
pub(super) fn update_password(
    writer: &mut Writer<'_>,
    before: &Account,
    hash: &str,
    now: Timestamp,
) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE accounts SET password_hash = ?, epoch = epoch + 1, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[hash.into(), now.into(), before.key.into(), before.version.into()],
    )?;
    Ok(matched == 1)
}

pub(super) fn update_last_login(writer: &mut Writer<'_>, key: i64, now: Timestamp) -> Result<()> {
    writer.execute("UPDATE accounts SET last_login_at = ? WHERE id = ?", &[now.into(), key.into()])?;
    Ok(())
}

/// Frees the names and marks the account deleted if the version still is the one before; whether it was.
pub(super) fn update_deleted(writer: &mut Writer<'_>, before: &Account, now: Timestamp) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE accounts
         SET deleted_at = ?, username = NULL, username_key = NULL, email = NULL, email_key = NULL, name = NULL,
             name_key = NULL, disabled_reason = NULL, disabled_until = NULL, password_hash = NULL, status = 'disabled', epoch = epoch + 1, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[now.into(), now.into(), before.key.into(), before.version.into()],
    )?;
    Ok(matched == 1)
}

/// Makes every other transaction wait that wants the same account: what is read of its mails afterwards stays true until the
/// commit. The key 0 is nobody's.
pub(super) fn lock(writer: &mut Writer<'_>, key: i64) -> Result<()> {
    writer.execute("UPDATE accounts SET version = version WHERE id = ?", &[key.into()])?;
    Ok(())
}

/// Makes every other transaction wait that wants to do the same. What is counted afterwards stays true until the commit.
pub(super) fn lock_admins(writer: &mut Writer<'_>) -> Result<()> {
    writer
        .execute("UPDATE accounts SET version = version WHERE role = 'admin' AND deleted_at IS NULL", &[])?;
    Ok(())
}

pub(super) fn count_other_active_admins(reader: &mut Reader<'_>, key: i64, now: Timestamp) -> Result<i64> {
    reader.number(
        "SELECT COUNT(*) FROM accounts
         WHERE role = 'admin' AND deleted_at IS NULL AND id <> ?
           AND (status = 'active' OR status = 'disabled' AND disabled_until <= ?)",
        &[key.into(), now.into()],
    )
}

/// Up to `limit` accounts by key behind the first `offset`.
pub(super) fn list_numbered(
    reader: &mut Reader<'_>,
    offset: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Account>> {
    reader.list(
        &format!("SELECT {COLUMNS} FROM accounts WHERE deleted_at IS NULL ORDER BY id LIMIT ? OFFSET ?"),
        &[limit.into(), offset.into()],
        read(now),
    )
}

pub(super) fn count(reader: &mut Reader<'_>) -> Result<i64> {
    reader.number("SELECT COUNT(*) FROM accounts WHERE deleted_at IS NULL", &[])
}

/// Keys of accounts that are marked deleted and whose rows still stand.
pub(super) fn list_deleted(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<(i64, Id)>> {
    reader.list(
        "SELECT id, public_id FROM accounts WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT ?",
        &[limit.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub(super) fn delete(writer: &mut Writer<'_>, key: i64) -> Result<u64> {
    writer.execute("DELETE FROM accounts WHERE id = ? AND deleted_at IS NOT NULL", &[key.into()])
}

pub(super) fn find_key(reader: &mut Reader<'_>, id: Id) -> Result<Option<i64>> {
    reader.first("SELECT id FROM accounts WHERE public_id = ? AND deleted_at IS NULL", &[id.into()], |row| {
        row.get(0)
    })
}
