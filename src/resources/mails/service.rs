//! Looking at the outbox.

use std::sync::Arc;

use crate::app::App;
use crate::base::{Id, Page, PageRequest, Position, ReadsMails, Result, SortValue};
use crate::mail::{self, Filter, StoredMail};

/// Mails, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(
    app: &Arc<App>,
    _: &ReadsMails,
    filter: Filter,
    page: PageRequest,
) -> Result<Page<StoredMail>> {
    app.db
        .scan(move |reader| {
            let before = page.after.as_ref().map(|position| position.key);
            let rows = mail::list(reader, &filter, before, i64::from(page.limit) + 1)?;
            let total = page.total.then(|| mail::count(reader, &filter)).transpose()?;
            let position = |row: &StoredMail| Position { sort: SortValue::Number(row.key), key: row.key };
            Ok(Page::cut(rows, page.limit, total, position))
        })
        .await
}

/// One mail.
///
/// # Errors
/// When the database cannot be read.
pub async fn read(app: &Arc<App>, _: &ReadsMails, id: Id) -> Result<Option<StoredMail>> {
    app.db.read(move |reader| Ok(mail::find(reader, id)?)).await
}
