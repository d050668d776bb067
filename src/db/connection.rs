//! What store functions see of a connection.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;

use super::value::{FromValue, Value, ValueRef, parse};
use super::{Error, Result};
use crate::base::Trace;

/// One row of an answer. Columns count from 0.
pub trait Row {
    /// The column as the engine gives it.
    ///
    /// # Errors
    /// When there is no such column.
    fn value(&self, column: usize) -> Result<ValueRef<'_>>;
}

impl dyn Row + '_ {
    /// The column as `T`.
    ///
    /// # Errors
    /// When the column holds something else, which is a fault of ours.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T> {
        let value = self.value(column)?;
        T::from_value(value).ok_or_else(|| {
            let wanted = std::any::type_name::<T>();
            Error::Internal(format!("column {column} is not a {wanted}"))
        })
    }

    /// The column as one of our words.
    ///
    /// # Errors
    /// When the word is unknown, which is a fault of ours or an edited database.
    pub fn word<T: FromStr<Err = String>>(&self, column: usize) -> Result<T> {
        parse(self.value(column)?)
    }

    /// The column as one of our words, or `None` for NULL.
    ///
    /// # Errors
    /// As [`Self::word`].
    pub fn optional_word<T: FromStr<Err = String>>(&self, column: usize) -> Result<Option<T>> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            value => parse(value).map(Some),
        }
    }
}

/// What an engine's connection can do.
pub(super) trait Connection {
    /// Runs a statement that answers rows.
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()>;

    /// Runs a statement that answers no rows; how many rows it matched.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64>;

    /// What a SELECT ends with that locks its rows and leaves out those that others have locked. Nothing where there is
    /// only one writer.
    fn claiming(&self) -> &'static str {
        ""
    }
}

/// A connection that reads. The statement that fails first decides: every later one answers the same error.
pub struct Reader<'a> {
    connection: &'a mut dyn Connection,
    failed: Option<Error>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(connection: &'a mut dyn Connection) -> Self {
        Self { connection, failed: None }
    }

    /// PostgreSQL refuses every statement behind a failed one; here all engines do, and none commits.
    fn unless_failed<T>(
        &mut self,
        sql: &str,
        run: impl FnOnce(&mut dyn Connection) -> Result<T>,
    ) -> Result<T> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        Trace::statement(sql, || run(self.connection)).inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        self.unless_failed(sql, |connection| connection.query(sql, values, each))
    }

    /// The first row, if there is one; also of `INSERT … RETURNING` and `DELETE … RETURNING` through a [`Writer`].
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.query(sql, values, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows.
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn list<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.query(sql, values, &mut |row| {
            rows.push(read(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// One number, such as a count.
    ///
    /// # Errors
    /// When the statement fails or answers no number.
    pub fn number(&mut self, sql: &str, values: &[Value<'_>]) -> Result<i64> {
        self.first(sql, values, |row| row.get(0))?
            .ok_or_else(|| Error::Internal("a number was expected".into()))
    }
}

/// Work to be done when a transaction has been committed.
pub(super) type Effect = Box<dyn FnOnce() + Send>;

/// A connection inside a transaction. All that a [`Reader`] can do, and changes.
pub struct Writer<'a> {
    reader: Reader<'a>,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(connection: &'a mut dyn Connection, effects: &'a mut Vec<Effect>) -> Self {
        Self { reader: Reader::new(connection), effects }
    }

    /// Runs a statement without rows; how many rows it matched.
    ///
    /// # Errors
    /// When the statement fails; [`Error::Constraint`] names the constraint.
    pub fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        self.reader.unless_failed(sql, |connection| connection.execute(sql, values))
    }

    /// Rows that this transaction is going to claim, as [`Reader::list`]. They stay ours until its end, and those that
    /// another transaction is claiming at this moment are left out rather than waited for.
    ///
    /// # Errors
    /// As [`Reader::list`].
    pub fn list_to_claim<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&dyn Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let claiming = self.reader.connection.claiming();
        self.reader.list(&format!("{sql}{claiming}"), values, read)
    }

    /// What the closure answers when it finds that another transaction came between its reading and its writing: it runs
    /// again, on what now stands. One node of SQLite never comes to that.
    pub fn overtaken(&mut self) -> Error {
        let error = Error::Conflict("a row changed between reading and writing it".into());
        self.reader.failed.get_or_insert(error).clone()
    }

    /// The failure that dooms this transaction, whatever its closure answers.
    pub(super) fn into_failed(self) -> Option<Error> {
        self.reader.failed
    }

    /// Names an effect of this transaction. It runs on the seam's own thread after the commit and before the caller is
    /// answered, so that a dropped future cannot skip it; it also runs when the outcome of a commit is unknown, so it
    /// must be an invalidation or something else that is right in both cases.
    pub fn after_commit(&mut self, effect: impl FnOnce() + Send + 'static) {
        self.effects.push(Box::new(effect));
    }
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl DerefMut for Writer<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}
