//! SQL of tasks.

use std::fmt::Write;

use super::model::{SortBy, Task, TaskDraft, TaskFilter, TaskName, title_key};
use crate::base::{Direction, Id, Position, SortValue, Timestamp, text};
use crate::db::{Error, Reader, Result, Row, Value, Writer};

const WRITABLE: &str = "writing to a String cannot fail";

const COLUMNS: &str =
    "id, public_id, account_id, title, description, due_at, version, created_at, updated_at, completed_at";

fn read(row: &dyn Row) -> Result<Task> {
    Ok(Task {
        key: row.get(0)?,
        id: row.get(1)?,
        account: row.get(2)?,
        title: row.get(3)?,
        description: row.get(4)?,
        due_at: row.get(5)?,
        version: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        completed_at: row.get(9)?,
    })
}

pub(super) fn insert(
    writer: &mut Writer<'_>,
    account: i64,
    id: Id,
    draft: &TaskDraft,
    now: Timestamp,
) -> Result<Task> {
    let (title_key, description_key) = (title_key(&draft.title), text::fold(&draft.description));
    let completed_at = draft.completed.then_some(now);
    let key = writer.first(
        "INSERT INTO tasks (public_id, account_id, title, title_key, description, description_key, due_at, version,
                            created_at, updated_at, completed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?) RETURNING id",
        &[
            id.into(),
            account.into(),
            (&draft.title).into(),
            (&title_key).into(),
            (&draft.description).into(),
            (&description_key).into(),
            draft.due_at.into(),
            now.into(),
            now.into(),
            completed_at.into(),
        ],
        |row| row.get(0),
    )?;
    Ok(Task {
        key: key.ok_or_else(|| Error::Internal("INSERT … RETURNING answered no row".into()))?,
        id,
        account,
        title: draft.title.clone(),
        description: draft.description.clone(),
        due_at: draft.due_at,
        version: 1,
        created_at: now,
        updated_at: now,
        completed_at,
    })
}

pub(super) fn find(reader: &mut Reader<'_>, account: i64, task: TaskName) -> Result<Option<Task>> {
    match task {
        TaskName::Id(id) => reader.first(
            "SELECT id, public_id, account_id, title, description, due_at, version, created_at, updated_at, completed_at
             FROM tasks WHERE public_id = ? AND account_id = ?",
            &[id.into(), account.into()],
            read,
        ),
        TaskName::Key(key) => Ok(find_any(reader, key)?.filter(|task| task.account == account)),
    }
}

/// By key, whoever owns it.
pub(super) fn find_any(reader: &mut Reader<'_>, key: i64) -> Result<Option<Task>> {
    reader.first(
        "SELECT id, public_id, account_id, title, description, due_at, version, created_at, updated_at, completed_at
         FROM tasks WHERE id = ?",
        &[key.into()],
        read,
    )
}

/// Up to `limit` tasks by key behind the first `offset`, those of one account or of all.
pub(super) fn list_numbered(
    reader: &mut Reader<'_>,
    account: Option<i64>,
    offset: i64,
    limit: i64,
) -> Result<Vec<Task>> {
    let owned = if account.is_some() { "WHERE account_id = ?" } else { "" };
    let values: Vec<Value<'_>> = account.into_iter().chain([limit, offset]).map(Value::Int).collect();
    reader.list(&format!("SELECT {COLUMNS} FROM tasks {owned} ORDER BY id LIMIT ? OFFSET ?"), &values, read)
}

/// How many tasks one account has, or all.
pub(super) fn count_numbered(reader: &mut Reader<'_>, account: Option<i64>) -> Result<i64> {
    match account {
        Some(account) => reader.number("SELECT COUNT(*) FROM tasks WHERE account_id = ?", &[account.into()]),
        None => reader.number("SELECT COUNT(*) FROM tasks", &[]),
    }
}

/// Writes the task as it now is, its version raised; whether the version was still the one before.
pub(super) fn update(writer: &mut Writer<'_>, task: &Task) -> Result<bool> {
    let (title_key, description_key) = (title_key(&task.title), text::fold(&task.description));
    let matched = writer.execute(
        "UPDATE tasks SET title = ?, title_key = ?, description = ?, description_key = ?, due_at = ?, completed_at = ?,
                          updated_at = ?, version = ?
         WHERE id = ? AND version = ?",
        &[
            (&task.title).into(),
            (&title_key).into(),
            (&task.description).into(),
            (&description_key).into(),
            task.due_at.into(),
            task.completed_at.into(),
            task.updated_at.into(),
            task.version.into(),
            task.key.into(),
            (task.version - 1).into(),
        ],
    )?;
    Ok(matched == 1)
}

pub(super) fn delete(writer: &mut Writer<'_>, key: i64, version: i64) -> Result<bool> {
    let matched =
        writer.execute("DELETE FROM tasks WHERE id = ? AND version = ?", &[key.into(), version.into()])?;
    Ok(matched == 1)
}

/// Up to `limit` tasks of the account behind a place.
pub(super) fn list(
    reader: &mut Reader<'_>,
    account: i64,
    filter: &TaskFilter,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Task>> {
    let pattern = filter.search.as_deref().map(|search| text::like_pattern(search, true));
    let (mut statement, mut values) = select(COLUMNS, account, filter, pattern.as_deref());
    let column = match filter.sort {
        SortBy::CreatedAt => "created_at",
        SortBy::Title => "title_key",
    };
    let (beyond, order) = match filter.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    if let Some(Position { sort, key }) = after {
        // Two conditions rather than a row comparison: every engine uses the index for the first.
        let sort: Value<'_> = match sort {
            SortValue::Number(number) => (*number).into(),
            SortValue::Text(text) => text.into(),
        };
        write!(statement, " AND {column} {beyond}= ? AND ({column} {beyond} ? OR id {beyond} ?)")
            .expect(WRITABLE);
        values.extend([sort, sort, (*key).into()]);
    }
    write!(statement, " ORDER BY {column} {order}, id {order} LIMIT ?").expect(WRITABLE);
    values.push(limit.into());
    reader.list(&statement, &values, read)
}

/// How many tasks of the account match.
pub(super) fn count(reader: &mut Reader<'_>, account: i64, filter: &TaskFilter) -> Result<i64> {
    let pattern = filter.search.as_deref().map(|search| text::like_pattern(search, true));
    let (statement, values) = select("COUNT(*)", account, filter, pattern.as_deref());
    reader.number(&statement, &values)
}

fn select<'a>(
    columns: &str,
    account: i64,
    filter: &TaskFilter,
    pattern: Option<&'a str>,
) -> (String, Vec<Value<'a>>) {
    let mut statement = format!("SELECT {columns} FROM tasks WHERE account_id = ?");
    let mut values = vec![account.into()];
    match filter.completed {
        Some(true) => statement += " AND completed_at IS NOT NULL",
        Some(false) => statement += " AND completed_at IS NULL",
        None => {}
    }
    if let Some(pattern) = pattern {
        statement += " AND (title_key LIKE ? ESCAPE '!' OR description_key LIKE ? ESCAPE '!')";
        values.extend([Value::Text(pattern), Value::Text(pattern)]);
    }
    (statement, values)
}

pub(super) fn delete_of_account(writer: &mut Writer<'_>, account: i64, chunk: u32) -> Result<u64> {
    let keys: Vec<i64> = writer.list(
        "SELECT id FROM tasks WHERE account_id = ? LIMIT ?",
        &[account.into(), i64::from(chunk).into()],
        |row| row.get(0),
    )?;
    let mut removed = 0;
    for key in keys {
        removed += writer.execute("DELETE FROM tasks WHERE id = ?", &[key.into()])?;
    }
    Ok(removed)
}
