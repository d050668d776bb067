//! Books for doors that number them: by key, and whole lists. An administrator sees everybody's.

use std::sync::Arc;

use super::model::{Book, BookDraft};
use super::service::{give_up, to_its_end};
use super::store;
use crate::app::App;
use crate::base::{Actor, Error, Result, Role, codes};
use crate::files::Upload;

/// Makes a book of the caller with its cover, both or neither.
///
/// # Errors
/// `book.title_taken`, or what is wrong with the cover.
pub async fn create(app: &Arc<App>, actor: Actor, draft: BookDraft, cover: Upload) -> Result<Book> {
    let picture = app.files.remake(cover).await?;
    let app = Arc::clone(app);
    to_its_end(async move {
        let cover = Some(app.files.store(picture).await?);
        let shared = Arc::clone(&app);
        let made = app.db.write(move |writer| {
            store::insert(writer, actor.account, shared.new_id(), &draft, cover, shared.now())
        });
        made.await.inspect_err(|error| give_up(&app, cover, error))
    })
    .await
}

/// A book that the caller may see.
///
/// # Errors
/// `book.not_found`.
pub async fn read(app: &Arc<App>, actor: Actor, key: Option<i64>) -> Result<Book> {
    let absent = || Error::new(&codes::BOOK_NOT_FOUND);
    let key = key.ok_or_else(absent)?;
    let found = app.db.read(move |reader| Ok(store::find_any(reader, key)?)).await?;
    found.filter(|book| book.account == actor.account || actor.role == Role::Admin).ok_or_else(absent)
}

/// The books that the caller may see, in the order of their making: for lists without pages.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_whole(app: &Arc<App>, actor: Actor) -> Result<Vec<Book>> {
    let account = (actor.role != Role::Admin).then_some(actor.account);
    app.db.scan(move |reader| Ok(store::list_whole(reader, account)?)).await
}
