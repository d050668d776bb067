//! SQL of accounts.

use super::identifiers::Identifier;
use super::model::{Account, Credentials, NewAccount, ProfileChange};
use crate::base::{self, Error, Id, Timestamp, codes};
use crate::db::{OnConstraint, Reader, Result, Row, Value, Writer};

const COLUMNS: &str = "id, public_id, username, email, name, role, status, epoch, version, email_verified_at, \
                       created_at, updated_at";

fn read(row: &dyn Row) -> Result<Account> {
    Ok(Account {
        key: row.get(0)?,
        id: row.get(1)?,
        username: row.get(2)?,
        email: row.get(3)?,
        name: row.get(4)?,
        role: row.word(5)?,
        status: row.word(6)?,
        epoch: row.get(7)?,
        version: row.get(8)?,
        email_verified_at: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}

/// A taken name is the caller's to mend; which one it was stands in the constraint's name.
fn taken<T>(result: Result<T>) -> base::Result<T> {
    result.or_constraint(&[
        ("uq_accounts_email_key", || {
            Error::new(&codes::EMAIL_TAKEN).with_field("email", "taken", codes::EMAIL_TAKEN.meaning)
        }),
        ("uq_accounts_username_key", || {
            Error::new(&codes::USERNAME_TAKEN).with_field("username", "taken", codes::USERNAME_TAKEN.meaning)
        }),
    ])
}

pub(super) fn insert(writer: &mut Writer<'_>, new: &NewAccount) -> base::Result<Account> {
    let inserted = writer.first(
        &format!(
            "INSERT INTO accounts (public_id, username, username_key, email, email_key, name, role, status, password_hash,
                                   epoch, version, created_at, updated_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 1, ?, ?) RETURNING {COLUMNS}"
        ),
        &[
            new.id.into(),
            new.username.as_ref().map(|name| name.typed.as_str()).into(),
            new.username.as_ref().map(|name| name.key.as_str()).into(),
            new.email.as_ref().map(|address| address.typed.as_str()).into(),
            new.email.as_ref().map(|address| address.key.as_str()).into(),
            new.name.as_ref().into(),
            new.role.as_str().into(),
            new.status.as_str().into(),
            (&new.password_hash).into(),
            new.now.into(),
            new.now.into(),
        ],
        read,
    );
    taken(inserted)?.ok_or_else(|| Error::internal("INSERT … RETURNING answered no row"))
}

pub(super) fn find(reader: &mut Reader<'_>, key: i64) -> Result<Option<Account>> {
    reader.first(
        "SELECT id, public_id, username, email, name, role, status, epoch, version, email_verified_at, created_at,
                updated_at
         FROM accounts WHERE id = ? AND deleted_at IS NULL",
        &[key.into()],
        read,
    )
}

/// By a folded e-mail address or user name.
pub(super) fn find_credentials(reader: &mut Reader<'_>, login: Login<'_>) -> Result<Option<Credentials>> {
    let (column, key) = match login {
        Login::Email(key) => ("email_key", key),
        Login::Username(key) => ("username_key", key),
    };
    credentials(reader, column, key.into())
}

/// By key.
pub(super) fn find_own_credentials(reader: &mut Reader<'_>, key: i64) -> Result<Option<Credentials>> {
    credentials(reader, "id", key.into())
}

fn credentials(reader: &mut Reader<'_>, column: &str, key: Value<'_>) -> Result<Option<Credentials>> {
    reader.first(
        &format!("SELECT {COLUMNS}, password_hash FROM accounts WHERE {column} = ? AND deleted_at IS NULL"),
        &[key],
        |row| Ok(Credentials { account: read(row)?, password_hash: row.get(12)? }),
    )
}

/// What somebody signs in with, folded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Login<'a> {
    Email(&'a str),
    Username(&'a str),
}

/// Writes the changed profile if the version still is the one before; whether it was.
pub(super) fn update_profile(
    writer: &mut Writer<'_>,
    before: &Account,
    change: &ProfileChange,
    now: Timestamp,
) -> base::Result<bool> {
    let name = change.name.clone().apply(before.name.clone());
    let before_username =
        before.username.clone().map(|typed| Identifier { key: base::text::fold(&typed), typed });
    let username = change.username.clone().apply(before_username);
    let (typed, key) = username.map(|username| (username.typed, username.key)).unzip();
    let updated = writer.execute(
        "UPDATE accounts SET name = ?, username = ?, username_key = ?, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ?",
        &[
            name.as_ref().into(),
            typed.as_ref().into(),
            key.as_ref().into(),
            now.into(),
            before.key.into(),
            before.version.into(),
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
             password_hash = NULL, status = 'disabled', epoch = epoch + 1, version = version + 1, updated_at = ?
         WHERE id = ? AND version = ? AND deleted_at IS NULL",
        &[now.into(), now.into(), before.key.into(), before.version.into()],
    )?;
    Ok(matched == 1)
}

/// Makes every other transaction wait that wants to do the same. What is counted afterwards stays true until the commit.
pub(super) fn lock_active_admins(writer: &mut Writer<'_>) -> Result<()> {
    writer.execute(
        "UPDATE accounts SET version = version WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL",
        &[],
    )?;
    Ok(())
}

pub(super) fn count_other_active_admins(reader: &mut Reader<'_>, key: i64) -> Result<i64> {
    reader.number(
        "SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL AND id <> ?",
        &[key.into()],
    )
}

/// All accounts behind a key, by key.
pub(super) fn list(reader: &mut Reader<'_>, after: i64, limit: i64) -> Result<Vec<Account>> {
    reader.list(
        &format!("SELECT {COLUMNS} FROM accounts WHERE deleted_at IS NULL AND id > ? ORDER BY id LIMIT ?"),
        &[after.into(), limit.into()],
        read,
    )
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
