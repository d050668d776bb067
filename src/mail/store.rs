//! SQL of the outbox.

use std::fmt::Write;
use std::str::FromStr;

use super::Template;
use crate::base::{Id, Timestamp};
use crate::db::{Reader, Result, Row, Value, Writer};

const WRITABLE: &str = "writing to a String cannot fail";

/// How far a mail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    /// It waits, or is under way.
    Queued,
    /// It was taken by the other side.
    Sent,
    /// It was given up.
    Failed,
    /// It was not sent, because its purpose had lapsed.
    Dropped,
}

impl MailState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Failed, Self::Dropped];

    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

impl FromStr for MailState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == word);
        found.ok_or_else(|| format!("unknown mail state {word:?}"))
    }
}

/// A mail as an operator may know it.
#[derive(Clone, Debug)]
pub struct StoredMail {
    /// The key inside the database.
    pub key: i64,
    /// The id outside; it stands in the Message-ID.
    pub id: Id,
    /// The template's name.
    pub template: String,
    /// To whom it goes.
    pub recipient: String,
    /// The public id of the account it concerns.
    pub account: Option<Id>,
    /// What its template is filled with, JSON; `None` once erased.
    pub variables: Option<String>,
    /// How far it is.
    pub state: MailState,
    /// How often it was begun to be sent.
    pub attempts: i64,
    /// The last refusal, in the other side's words.
    pub last_error: Option<String>,
    /// When its cause took place.
    pub created_at: Timestamp,
    /// When it is tried next; while it is under way, when it would be given to another node.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was last begun to be handed over. A mail that is tried again counts anew: what nobody got has cost nobody time.
    pub handed_over_at: Option<Timestamp>,
    /// When it was sent, given up or dropped.
    pub finished_at: Option<Timestamp>,
}

/// Which mails are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<MailState>,
    /// Of the account with this public id.
    pub account: Option<Id>,
}

/// A row to be written.
pub(super) struct NewMail<'a> {
    pub id: Id,
    pub template: Template,
    pub recipient: &'a str,
    pub account: Option<i64>,
    pub epoch: Option<i64>,
    pub address_key: Option<&'a str>,
    pub variables: &'a str,
    pub now: Timestamp,
}

/// What the worker must know of a mail that it has claimed.
pub(super) struct Claimed {
    pub key: i64,
    pub id: Id,
    pub template: String,
    pub recipient: String,
    pub variables: Option<String>,
    pub attempts: i64,
    pub created_at: Timestamp,
    pub queued_at: Timestamp,
    /// Whether its purpose is gone: the account, its credentials or its address are no longer what they were.
    pub lapsed: bool,
}

pub(super) fn insert(writer: &mut Writer<'_>, new: &NewMail<'_>) -> Result<()> {
    writer.execute(
        "INSERT INTO mails (public_id, template, recipient, account_id, account_epoch, address_key, variables, state,
                            attempts, code_failures, created_at, queued_at, next_attempt_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, 0, ?, ?, ?)",
        &[
            new.id.into(),
            new.template.name().into(),
            new.recipient.into(),
            new.account.into(),
            new.epoch.into(),
            new.address_key.into(),
            new.variables.into(),
            new.now.into(),
            new.now.into(),
            new.now.into(),
        ],
    )?;
    Ok(())
}

/// Makes the proofs of one kind void, and drops those mails of it that have not left.
pub(super) fn void(writer: &mut Writer<'_>, account: i64, template: Template, now: Timestamp) -> Result<()> {
    writer.execute(
        "UPDATE mails SET state = 'dropped', variables = NULL, lease = NULL, next_attempt_at = NULL, finished_at = ?
         WHERE account_id = ? AND template = ? AND state = 'queued'",
        &[now.into(), account.into(), template.name().into()],
    )?;
    writer.execute(
        "UPDATE mails SET void_at = ? WHERE account_id = ? AND template = ? AND void_at IS NULL",
        &[now.into(), account.into(), template.name().into()],
    )?;
    Ok(())
}

/// Claims due mails for `lease` until `until`; their keys, the longest waiting first.
pub(super) fn claim(
    writer: &mut Writer<'_>,
    lease: Id,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<i64>> {
    let keys: Vec<i64> = writer.list_to_claim(
        "SELECT id FROM mails WHERE next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ?",
        &[now.into(), limit.into()],
        |row| row.get(0),
    )?;
    for key in &keys {
        writer.execute(
            "UPDATE mails SET lease = ?, attempts = attempts + 1, handed_over_at = ?, next_attempt_at = ? WHERE id = ?",
            &[lease.into(), now.into(), until.into(), (*key).into()],
        )?;
    }
    Ok(keys)
}

/// A mail, if it is still claimed by this lease.
pub(super) fn find_claimed(reader: &mut Reader<'_>, key: i64, lease: Id) -> Result<Option<Claimed>> {
    // The account is joined here, so that no change of it can forget the mails that hang on it.
    reader.first(
        "SELECT m.public_id, m.template, m.recipient, m.variables, m.attempts, m.created_at, m.queued_at, m.account_id,
                m.account_epoch, m.address_key, a.epoch, a.email_key, a.deleted_at IS NOT NULL,
                m.void_at IS NOT NULL
         FROM mails m LEFT JOIN accounts a ON a.id = m.account_id
         WHERE m.id = ? AND m.lease = ?",
        &[key.into(), lease.into()],
        |row| {
            Ok(Claimed {
                key,
                id: row.get(0)?,
                template: row.get(1)?,
                recipient: row.get(2)?,
                variables: row.get(3)?,
                attempts: row.get(4)?,
                created_at: row.get(5)?,
                queued_at: row.get(6)?,
                lapsed: !bound_to_account_as_it_was(row, 7)? || proof_is_void(row)?,
            })
        },
    )
}

/// Whether the mail offers a proof that was voided before it left.
fn proof_is_void(row: &dyn Row) -> Result<bool> {
    let proves = Template::named(&row.get::<String>(1)?).is_some_and(|template| template.page().is_some());
    Ok(proves && row.get::<bool>(13)?)
}

/// Whether the account still is what the mail hangs on, by six columns from `first` on: the mail's account, epoch and
/// address, and the account's epoch, address and whether it is deleted.
pub(super) fn bound_to_account_as_it_was(row: &dyn Row, first: usize) -> Result<bool> {
    let (account, epoch): (Option<i64>, Option<i64>) = (row.get(first)?, row.get(first + 1)?);
    let (address, own): (Option<String>, Option<String>) = (row.get(first + 2)?, row.get(first + 4)?);
    let there = account.is_none() || !row.get::<bool>(first + 5)?;
    let same_epoch = epoch.is_none() || epoch == row.get(first + 3)?;
    let same_address = address.is_none_or(|address| address == own.unwrap_or_default());
    Ok(there && same_epoch && same_address)
}

/// How an attempt ended.
pub(super) enum End {
    /// It was taken; its variables are erased at this time.
    Sent { erase_at: Timestamp },
    /// It is tried again at this time.
    Again { at: Timestamp, words: String },
    /// It is given up.
    Failed { words: String },
    /// Its purpose has lapsed.
    Dropped,
    /// It was not tried after all.
    Untouched,
}

/// Notes how an attempt ended, if the lease still is ours; whether it was.
pub(super) fn settle(
    writer: &mut Writer<'_>,
    key: i64,
    lease: Id,
    now: Timestamp,
    end: &End,
) -> Result<bool> {
    let (changes, mut values): (&str, Vec<Value<'_>>) = match end {
        End::Sent { erase_at } => (
            "state = 'sent', last_error = NULL, next_attempt_at = NULL, finished_at = ?, erase_at = ?",
            vec![now.into(), (*erase_at).into()],
        ),
        End::Again { at, words } => ("last_error = ?, next_attempt_at = ?", vec![words.into(), (*at).into()]),
        End::Failed { words } => (
            "state = 'failed', last_error = ?, next_attempt_at = NULL, finished_at = ?",
            vec![words.into(), now.into()],
        ),
        End::Dropped => (
            "state = 'dropped', variables = NULL, next_attempt_at = NULL, finished_at = ?, void_at = ?",
            vec![now.into(), now.into()],
        ),
        End::Untouched => ("attempts = attempts - 1, next_attempt_at = ?", vec![now.into()]),
    };
    values.extend([Value::from(key), lease.into()]);
    let matched = writer
        .execute(&format!("UPDATE mails SET lease = NULL, {changes} WHERE id = ? AND lease = ?"), &values)?;
    Ok(matched == 1)
}

/// When the next mail is due.
pub(super) fn next_due(reader: &mut Reader<'_>) -> Result<Option<Timestamp>> {
    let due = reader.first("SELECT MIN(next_attempt_at) FROM mails", &[], |row| row.get(0))?;
    Ok(due.flatten())
}

/// Queues failed mails anew, all of them or the one with this id; how many.
pub(super) fn retry(writer: &mut Writer<'_>, id: Option<Id>, now: Timestamp) -> Result<u64> {
    let mut statement = String::from(
        "UPDATE mails SET state = 'queued', attempts = 0, queued_at = ?, next_attempt_at = ?, finished_at = NULL,
                          lease = NULL
         WHERE state = 'failed' AND variables IS NOT NULL",
    );
    let mut values: Vec<Value<'_>> = vec![now.into(), now.into()];
    if let Some(id) = id {
        statement += " AND public_id = ?";
        values.push(id.into());
    }
    writer.execute(&statement, &values)
}

/// Makes a waiting mail due; whether there was one.
pub(super) fn hurry(writer: &mut Writer<'_>, id: Id, now: Timestamp) -> Result<bool> {
    let matched = writer.execute(
        "UPDATE mails SET next_attempt_at = ? WHERE public_id = ? AND state = 'queued' AND lease IS NULL",
        &[now.into(), id.into()],
    )?;
    Ok(matched == 1)
}

/// Erases the variables of at most `chunk` mails whose time has come; how many.
pub(super) fn erase_variables(writer: &mut Writer<'_>, now: Timestamp, chunk: u32) -> Result<u64> {
    let due: Vec<i64> = writer.list(
        "SELECT id FROM mails WHERE erase_at <= ? LIMIT ?",
        &[now.into(), i64::from(chunk).into()],
        |row| row.get(0),
    )?;
    for key in &due {
        writer
            .execute("UPDATE mails SET variables = NULL, erase_at = NULL WHERE id = ?", &[(*key).into()])?;
    }
    Ok(due.len() as u64)
}

/// Removes at most `chunk` mails that were finished before `before`; how many.
pub(super) fn delete_old(writer: &mut Writer<'_>, before: Timestamp, chunk: u32) -> Result<u64> {
    delete(writer, "SELECT id FROM mails WHERE finished_at < ? LIMIT ?", before.into(), chunk)
}

/// Removes at most `chunk` mails of an account; how many.
pub(super) fn delete_of_account(writer: &mut Writer<'_>, account: i64, chunk: u32) -> Result<u64> {
    delete(writer, "SELECT id FROM mails WHERE account_id = ? LIMIT ?", account.into(), chunk)
}

/// Removes the mail with this id.
pub(super) fn delete_one(writer: &mut Writer<'_>, id: Id) -> Result<()> {
    writer.execute("DELETE FROM mails WHERE public_id = ?", &[id.into()])?;
    Ok(())
}

fn delete(writer: &mut Writer<'_>, choice: &str, value: Value<'_>, chunk: u32) -> Result<u64> {
    let keys: Vec<i64> = writer.list(choice, &[value, i64::from(chunk).into()], |row| row.get(0))?;
    let mut removed = 0;
    for key in keys {
        removed += writer.execute("DELETE FROM mails WHERE id = ?", &[key.into()])?;
    }
    Ok(removed)
}

const COLUMNS: &str = "m.id, m.public_id, m.template, m.recipient, a.public_id, m.variables, m.state, m.attempts, \
                       m.last_error, m.created_at, m.next_attempt_at, m.handed_over_at, m.finished_at";

fn read(row: &dyn Row) -> Result<StoredMail> {
    Ok(StoredMail {
        key: row.get(0)?,
        id: row.get(1)?,
        template: row.get(2)?,
        recipient: row.get(3)?,
        account: row.get(4)?,
        variables: row.get(5)?,
        state: row.word(6)?,
        attempts: row.get(7)?,
        last_error: row.get(8)?,
        created_at: row.get(9)?,
        next_attempt_at: row.get(10)?,
        handed_over_at: row.get(11)?,
        finished_at: row.get(12)?,
    })
}

/// The mail with this public id.
///
/// # Errors
/// When the statement fails.
pub fn find(reader: &mut Reader<'_>, id: Id) -> Result<Option<StoredMail>> {
    let statement = format!(
        "SELECT {COLUMNS} FROM mails m LEFT JOIN accounts a ON a.id = m.account_id WHERE m.public_id = ?"
    );
    reader.first(&statement, &[id.into()], read)
}

/// Up to `limit` mails before the one with the key `before`, newest first.
///
/// # Errors
/// When the statement fails.
pub fn list(
    reader: &mut Reader<'_>,
    filter: &Filter,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<StoredMail>> {
    let (mut statement, mut values) = select(COLUMNS, filter);
    statement += " AND m.id < ? ORDER BY m.id DESC LIMIT ?";
    values.extend([Value::from(before.unwrap_or(i64::MAX)), limit.into()]);
    reader.list(&statement, &values, read)
}

/// How many mails match.
///
/// # Errors
/// When the statement fails.
pub fn count(reader: &mut Reader<'_>, filter: &Filter) -> Result<i64> {
    let (statement, values) = select("COUNT(*)", filter);
    reader.number(&statement, &values)
}

fn select<'a>(columns: &str, filter: &Filter) -> (String, Vec<Value<'a>>) {
    let mut statement =
        format!("SELECT {columns} FROM mails m LEFT JOIN accounts a ON a.id = m.account_id WHERE 1 = 1");
    let mut values = Vec::new();
    if let Some(state) = filter.state {
        write!(statement, " AND m.state = '{}'", state.as_str()).expect(WRITABLE);
    }
    if let Some(account) = filter.account {
        statement += " AND a.public_id = ?";
        values.push(account.into());
    }
    (statement, values)
}
