//! Tasks for doors that number them: by key, and in pages by number that are counted. An administrator sees everybody's.

use std::sync::Arc;

use super::model::{Task, TaskDraft};
use super::store;
use crate::app::App;
use crate::base::{Actor, Error, NumberedPage, NumberedPageRequest, Result, Role, codes};
use crate::db::Reader;

/// Makes a task of the caller.
///
/// # Errors
/// When the database cannot take it.
pub async fn create(app: &Arc<App>, actor: Actor, draft: TaskDraft) -> Result<Task> {
    let shared = Arc::clone(app);
    let insert = app.db.write(move |writer| {
        Ok(store::insert(writer, actor.account, shared.new_id(), &draft, shared.now())?)
    });
    insert.await
}

/// A task that the caller may see.
///
/// # Errors
/// `task.not_found`.
pub async fn read(app: &Arc<App>, actor: Actor, key: Option<i64>) -> Result<Task> {
    let absent = || Error::new(&codes::TASK_NOT_FOUND);
    let key = key.ok_or_else(absent)?;
    let found = app.db.read(move |reader| Ok(store::find_any(reader, key)?)).await?;
    found.filter(|task| task.account == actor.account || actor.role == Role::Admin).ok_or_else(absent)
}

/// A page of the tasks that the caller may see, by key.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: &Arc<App>, actor: Actor, page: NumberedPageRequest) -> Result<NumberedPage<Task>> {
    let account = (actor.role != Role::Admin).then_some(actor.account);
    app.db
        .scan(move |reader: &mut Reader<'_>| {
            let items = store::list_numbered(reader, account, page.offset(), i64::from(page.size))?;
            let total = match i64::try_from(items.len()) {
                // The page shows the end of the list: nothing is left to be counted.
                Ok(shown) if 0 < shown && shown < i64::from(page.size) => page.offset() + shown,
                _ => store::count_numbered(reader, account)?,
            };
            Ok(NumberedPage { items, total })
        })
        .await
}
