//! SQL of books.

use std::fmt::Write;

use super::model::{Book, BookDraft, BookFilter, BookName, SortBy, title_key};
use crate::base::{self, Direction, Id, Position, SortValue, Timestamp, codes, text};
use crate::db::{Error, OnConstraint, Reader, Result, Row, Value, Writer};
use crate::files::{ObjectName, Shelf, StoredPicture};

const WRITABLE: &str = "writing to a String cannot fail";

const COLUMNS: &str = "id, public_id, title, description, category, cover_original, cover_thumbnail, cover_width, \
                       cover_height, cover_bytes, version, created_at, updated_at, account_id";

fn read(row: &dyn Row) -> Result<Book> {
    Ok(Book {
        key: row.get(0)?,
        id: row.get(1)?,
        title: row.get(2)?,
        description: row.get(3)?,
        category: row.get(4)?,
        cover: read_cover(row, 5)?,
        version: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
        account: row.get(13)?,
    })
}

fn read_cover(row: &dyn Row, at: usize) -> Result<Option<StoredPicture>> {
    let Some(original) = row.get::<Option<String>>(at)? else { return Ok(None) };
    let thumbnail: String = row.get(at + 1)?;
    let number = |index| -> Result<i64> { row.get(at + index) };
    let odd = |_| Error::Internal("a number of a cover is negative or too large".into());
    Ok(Some(StoredPicture {
        original: name(Shelf::Originals, &original)?,
        thumbnail: name(Shelf::Thumbnails, &thumbnail)?,
        width: u32::try_from(number(2)?).map_err(odd)?,
        height: u32::try_from(number(3)?).map_err(odd)?,
        bytes: u64::try_from(number(4)?).map_err(odd)?,
    }))
}

fn name(shelf: Shelf, text: &str) -> Result<ObjectName> {
    ObjectName::parse(shelf, text)
        .ok_or_else(|| Error::Internal("a row names an object that cannot be".into()))
}

/// A taken title is the caller's to mend.
fn taken<T>(result: Result<T>) -> base::Result<T> {
    result.or_constraint(&[("uq_books_account_id_title_key", || {
        base::Error::new(&codes::BOOK_TITLE_TAKEN).with_field(
            "title",
            "taken",
            codes::BOOK_TITLE_TAKEN.meaning,
        )
    })])
}

/// The five columns of a cover.
struct CoverColumns {
    names: Option<[String; 2]>,
    numbers: [Option<i64>; 3],
}

impl CoverColumns {
    fn of(cover: Option<&StoredPicture>) -> Self {
        let bytes = cover.map(|cover| i64::try_from(cover.bytes).unwrap_or(i64::MAX));
        Self {
            names: cover.map(|cover| [cover.original.file(), cover.thumbnail.file()]),
            numbers: [cover.map(|cover| cover.width.into()), cover.map(|cover| cover.height.into()), bytes],
        }
    }

    fn values(&self) -> [Value<'_>; 5] {
        let [width, height, bytes] = self.numbers;
        let [original, thumbnail] = match &self.names {
            Some([original, thumbnail]) => [Some(original).into(), Some(thumbnail).into()],
            None => [Value::Null, Value::Null],
        };
        [original, thumbnail, width.into(), height.into(), bytes.into()]
    }
}

pub(super) fn insert(
    writer: &mut Writer<'_>,
    account: i64,
    id: Id,
    draft: &BookDraft,
    cover: Option<StoredPicture>,
    now: Timestamp,
) -> base::Result<Book> {
    let (title_key, description_key) = (title_key(&draft.title), text::fold(&draft.description));
    let columns = CoverColumns::of(cover.as_ref());
    let [original, thumbnail, width, height, bytes] = columns.values();
    let key = taken(writer.first(
        "INSERT INTO books (public_id, account_id, title, title_key, description, description_key, category,
                            cover_original, cover_thumbnail, cover_width, cover_height, cover_bytes,
                            version, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) RETURNING id",
        &[
            id.into(),
            account.into(),
            (&draft.title).into(),
            (&title_key).into(),
            (&draft.description).into(),
            (&description_key).into(),
            (&draft.category).into(),
            original,
            thumbnail,
            width,
            height,
            bytes,
            now.into(),
            now.into(),
        ],
        |row| row.get(0),
    ))?;
    Ok(Book {
        key: key.ok_or_else(|| Error::Internal("INSERT … RETURNING answered no row".into()))?,
        id,
        account,
        title: draft.title.clone(),
        description: draft.description.clone(),
        category: draft.category.clone(),
        cover,
        version: 1,
        created_at: now,
        updated_at: now,
    })
}

pub(super) fn find(reader: &mut Reader<'_>, account: i64, book: BookName) -> Result<Option<Book>> {
    match book {
        BookName::Id(id) => reader.first(
            "SELECT id, public_id, title, description, category, cover_original, cover_thumbnail, cover_width,
                    cover_height, cover_bytes, version, created_at, updated_at, account_id
             FROM books WHERE public_id = ? AND account_id = ?",
            &[id.into(), account.into()],
            read,
        ),
        BookName::Key(key) => Ok(find_any(reader, key)?.filter(|book| book.account == account)),
    }
}

/// By key, whoever owns it.
pub(super) fn find_any(reader: &mut Reader<'_>, key: i64) -> Result<Option<Book>> {
    reader.first(
        "SELECT id, public_id, title, description, category, cover_original, cover_thumbnail, cover_width,
                cover_height, cover_bytes, version, created_at, updated_at, account_id
         FROM books WHERE id = ?",
        &[key.into()],
        read,
    )
}

/// All books of one account, or of all, by key.
pub(super) fn list_whole(reader: &mut Reader<'_>, account: Option<i64>) -> Result<Vec<Book>> {
    let owned = if account.is_some() { "WHERE account_id = ?" } else { "" };
    let values: Vec<Value<'_>> = account.into_iter().map(Value::Int).collect();
    reader.list(&format!("SELECT {COLUMNS} FROM books {owned} ORDER BY id"), &values, read)
}

/// Writes the book as it now is, its version raised; whether the version was still the one before.
pub(super) fn update(writer: &mut Writer<'_>, book: &Book) -> base::Result<bool> {
    let (title_key, description_key) = (title_key(&book.title), text::fold(&book.description));
    let columns = CoverColumns::of(book.cover.as_ref());
    let [original, thumbnail, width, height, bytes] = columns.values();
    let matched = taken(writer.execute(
        "UPDATE books SET title = ?, title_key = ?, description = ?, description_key = ?, category = ?,
                          cover_original = ?, cover_thumbnail = ?, cover_width = ?, cover_height = ?, cover_bytes = ?,
                          updated_at = ?, version = ?
         WHERE id = ? AND version = ?",
        &[
            (&book.title).into(),
            (&title_key).into(),
            (&book.description).into(),
            (&description_key).into(),
            (&book.category).into(),
            original,
            thumbnail,
            width,
            height,
            bytes,
            book.updated_at.into(),
            book.version.into(),
            book.key.into(),
            (book.version - 1).into(),
        ],
    ))?;
    Ok(matched == 1)
}

pub(super) fn delete(writer: &mut Writer<'_>, key: i64, version: i64) -> Result<bool> {
    let matched =
        writer.execute("DELETE FROM books WHERE id = ? AND version = ?", &[key.into(), version.into()])?;
    Ok(matched == 1)
}

/// Up to `limit` books of the account behind a place.
pub(super) fn list(
    reader: &mut Reader<'_>,
    account: i64,
    filter: &BookFilter,
    after: Option<&Position>,
    limit: i64,
) -> Result<Vec<Book>> {
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

/// How many books of the account match.
pub(super) fn count(reader: &mut Reader<'_>, account: i64, filter: &BookFilter) -> Result<i64> {
    let pattern = filter.search.as_deref().map(|search| text::like_pattern(search, true));
    let (statement, values) = select("COUNT(*)", account, filter, pattern.as_deref());
    reader.number(&statement, &values)
}

fn select<'a>(
    columns: &str,
    account: i64,
    filter: &'a BookFilter,
    pattern: Option<&'a str>,
) -> (String, Vec<Value<'a>>) {
    let mut statement = format!("SELECT {columns} FROM books WHERE account_id = ?");
    let mut values = vec![account.into()];
    if let Some(category) = &filter.category {
        statement += " AND category = ?";
        values.push(category.into());
    }
    if let Some(pattern) = pattern {
        statement += " AND (title_key LIKE ? ESCAPE '!' OR description_key LIKE ? ESCAPE '!')";
        values.extend([Value::Text(pattern), Value::Text(pattern)]);
    }
    (statement, values)
}

/// Deletes up to `chunk` books of the account; how many, and the objects that nobody needs any more.
pub(super) fn delete_of_account(
    writer: &mut Writer<'_>,
    account: i64,
    chunk: u32,
) -> Result<(u64, Vec<ObjectName>)> {
    let rows = writer.list(
        "SELECT id, cover_original, cover_thumbnail, cover_width, cover_height, cover_bytes
         FROM books WHERE account_id = ? LIMIT ?",
        &[account.into(), i64::from(chunk).into()],
        |row| Ok((row.get::<i64>(0)?, read_cover(row, 1)?)),
    )?;
    let (mut removed, mut objects) = (0, Vec::new());
    for (key, cover) in rows {
        removed += writer.execute("DELETE FROM books WHERE id = ?", &[key.into()])?;
        objects.extend(cover.iter().flat_map(StoredPicture::names));
    }
    Ok((removed, objects))
}

/// Up to `limit` books with covers behind a key, of all accounts.
pub(super) fn list_covered(reader: &mut Reader<'_>, after: i64, limit: i64) -> Result<Vec<Book>> {
    reader.list(
        "SELECT id, public_id, title, description, category, cover_original, cover_thumbnail, cover_width,
                cover_height, cover_bytes, version, created_at, updated_at, account_id
         FROM books WHERE id > ? AND cover_original IS NOT NULL ORDER BY id LIMIT ?",
        &[after.into(), limit.into()],
        read,
    )
}

/// Which of these objects have a row.
pub(super) fn list_named(reader: &mut Reader<'_>, objects: &[ObjectName]) -> Result<Vec<ObjectName>> {
    let mut named = Vec::new();
    for (shelf, column) in [(Shelf::Originals, "cover_original"), (Shelf::Thumbnails, "cover_thumbnail")] {
        let files: Vec<_> =
            objects.iter().filter(|name| name.shelf() == shelf).map(|name| name.file()).collect();
        if files.is_empty() {
            continue;
        }
        let places = vec!["?"; files.len()].join(", ");
        let statement = format!("SELECT {column} FROM books WHERE {column} IN ({places})");
        let values: Vec<_> = files.iter().map(Value::from).collect();
        let found: Vec<String> = reader.list(&statement, &values, |row| row.get(0))?;
        named.extend(found.iter().filter_map(|file| ObjectName::parse(shelf, file)));
    }
    Ok(named)
}
