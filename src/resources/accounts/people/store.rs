//! SQL of lists of accounts.

use std::fmt::Write;

use super::model::PeopleFilter;
use crate::base::{Direction, Position, SortValue, Status, Timestamp, text};
use crate::db::{Reader, Result, Value};
use crate::resources::accounts::Account;
use crate::resources::accounts::store::{COLUMNS, read};

const WRITABLE: &str = "writing to a String cannot fail";

/// Up to `limit` accounts behind a place.
pub(super) fn list(
    reader: &mut Reader<'_>,
    filter: &PeopleFilter,
    after: Option<&Position>,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Account>> {
    let patterns = patterns(filter);
    let (mut statement, mut values) = select(COLUMNS, filter, patterns.as_ref(), now);
    let (beyond, order) = match filter.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    if let Some(Position { sort: SortValue::Number(at), key }) = after {
        write!(statement, " AND created_at {beyond}= ? AND (created_at {beyond} ? OR id {beyond} ?)")
            .expect(WRITABLE);
        values.extend([*at, *at, *key].map(Value::from));
    }
    write!(statement, " ORDER BY created_at {order}, id {order} LIMIT ?").expect(WRITABLE);
    values.push(limit.into());
    reader.list(&statement, &values, read(now))
}

/// How many accounts match.
pub(super) fn count(reader: &mut Reader<'_>, filter: &PeopleFilter, now: Timestamp) -> Result<i64> {
    let patterns = patterns(filter);
    let (statement, values) = select("COUNT(*)", filter, patterns.as_ref(), now);
    reader.number(&statement, &values)
}

/// How many administrators there are, whatever their status.
pub(super) fn count_admins(reader: &mut Reader<'_>) -> Result<i64> {
    reader.number("SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND deleted_at IS NULL", &[])
}

/// A search as it is compared: anywhere in a name, and at the beginning of an address.
struct Patterns {
    anywhere: String,
    beginning: String,
}

fn patterns(filter: &PeopleFilter) -> Option<Patterns> {
    let search = filter.search.as_deref()?;
    Some(Patterns {
        anywhere: text::like_pattern(search, true),
        beginning: text::like_pattern(search, false),
    })
}

fn select<'a>(
    columns: &str,
    filter: &PeopleFilter,
    patterns: Option<&'a Patterns>,
    now: Timestamp,
) -> (String, Vec<Value<'a>>) {
    let mut statement = format!("SELECT {columns} FROM accounts WHERE deleted_at IS NULL");
    let mut values = Vec::new();
    match filter.status {
        Some(Status::Pending) => statement += " AND status = 'pending'",
        Some(Status::Active) => {
            // Said by what it is not: most accounts are active, and the walk along the order of their making is shorter
            // than one along an index of statuses with a sort behind it.
            statement += " AND status <> 'pending' AND (status <> 'disabled' OR disabled_until <= ?)";
            values.push(now.into());
        }
        Some(Status::Disabled) => {
            statement += " AND status = 'disabled' AND (disabled_until IS NULL OR disabled_until > ?)";
            values.push(now.into());
        }
        None => {}
    }
    if let Some(role) = filter.role {
        statement += " AND role = ?";
        values.push(role.as_str().into());
    }
    if let Some(Patterns { anywhere, beginning }) = patterns {
        statement += " AND (name_key LIKE ? ESCAPE '!' OR username_key LIKE ? ESCAPE '!' OR email_key LIKE ? ESCAPE '!')";
        values.extend([Value::Text(anywhere), Value::Text(anywhere), Value::Text(beginning)]);
    }
    (statement, values)
}
