//! The rules of books.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::model::{Book, BookChange, BookDraft, BookFilter, BookName};
use super::store;
use crate::app::App;
use crate::base::{Actor, Error, Id, Kind, Page, PageRequest, Precondition, Result, Role, codes};
use crate::db::{Reader, Writer};
use crate::files::picture::Picture;
use crate::files::{StoredPicture, Upload};
use crate::http::idempotency::IdempotencyKey;
use crate::resources::accounts;
use crate::resources::idempotency::{self, Receipt};

/// Makes a book, with its cover if it has one; `receipt` says how it is answered, now and when the same key comes again.
///
/// # Errors
/// `book.title_taken`, `idempotency_key.reused`, or what is wrong with the cover.
pub(super) async fn create(
    app: &Arc<App>,
    actor: Actor,
    draft: BookDraft,
    cover: Option<Upload>,
    key: Option<IdempotencyKey>,
    receipt: impl Fn(Book) -> Result<Receipt> + Send + Sync + 'static,
) -> Result<Receipt> {
    let picture = match cover {
        Some(upload) => Some(app.files.remake(upload).await?),
        None => None,
    };
    let app = Arc::clone(app);
    to_its_end(async move {
        let cover = match picture {
            Some(picture) => Some(app.files.store(picture).await?),
            None => None,
        };
        // A repetition gets the first answer, and its picture is one too many.
        let used = Arc::new(AtomicBool::new(false));
        let (shared, mark) = (Arc::clone(&app), Arc::clone(&used));
        let made = idempotency::create_once(&app, &actor, key, move |writer| {
            let book = store::insert(writer, actor.account, shared.new_id(), &draft, cover, shared.now())?;
            let mark = Arc::clone(&mark);
            writer.after_commit(move || mark.store(true, Ordering::Release));
            receipt(book)
        });
        let made = made.await;
        if made.is_ok() && !used.load(Ordering::Acquire) {
            discard(&app, cover);
        }
        made.inspect_err(|error| give_up(&app, cover, error))
    })
    .await
}

/// One of the caller's books.
///
/// # Errors
/// `book.not_found`.
pub(super) async fn read(app: &Arc<App>, actor: Actor, book: Option<BookName>) -> Result<Book> {
    app.db.read(move |reader| own(reader, actor, book)).await
}

/// The same, before a picture for it is received: what would be refused afterwards is refused at once.
///
/// # Errors
/// `book.not_found`, `precondition.failed`.
pub async fn expect(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    precondition: &Precondition,
) -> Result<()> {
    precondition.demand(read(app, actor, book).await?.version)
}

/// Changes one of the caller's books.
///
/// # Errors
/// `book.not_found`, `precondition.failed`, `book.title_taken`.
pub async fn update(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    change: BookChange,
    precondition: Precondition,
) -> Result<Book> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let mut book = own(writer, actor, book)?;
            precondition.demand(book.version)?;
            if change == BookChange::default() {
                return Ok(book);
            }
            book.apply(change.clone());
            write(&shared, writer, book)
        })
        .await
}

/// Changes one of the caller's books and gives it a cover, in place of the one it has: both or neither.
///
/// # Errors
/// `book.not_found`, `precondition.failed`, `book.title_taken`, or what is wrong with the cover.
pub async fn update_with_cover(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    change: BookChange,
    cover: Upload,
    precondition: Precondition,
) -> Result<Book> {
    let picture = app.files.remake(cover).await?;
    exchange_cover(app, actor, book, change, Some(picture), precondition).await
}

/// Takes the cover of one of the caller's books away.
///
/// # Errors
/// `book.not_found`, `precondition.failed`, `cover.not_found`.
pub(super) async fn delete_cover(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    precondition: Precondition,
) -> Result<Book> {
    exchange_cover(app, actor, book, BookChange::default(), None, precondition).await
}

async fn exchange_cover(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    change: BookChange,
    picture: Option<Picture>,
    precondition: Precondition,
) -> Result<Book> {
    let app = Arc::clone(app);
    to_its_end(async move {
        let cover = match picture {
            Some(picture) => Some(app.files.store(picture).await?),
            None => None,
        };
        let shared = Arc::clone(&app);
        let exchanged = app.db.write(move |writer| {
            let mut book = own(writer, actor, book)?;
            precondition.demand(book.version)?;
            let before = std::mem::replace(&mut book.cover, cover);
            if before.is_none() && cover.is_none() {
                return Err(Error::new(&codes::COVER_NOT_FOUND));
            }
            book.apply(change.clone());
            Ok((write(&shared, writer, book)?, before))
        });
        let (book, before) = exchanged.await.inspect_err(|error| give_up(&app, cover, error))?;
        discard(&app, before);
        Ok(book)
    })
    .await
}

/// Deletes one of the caller's books, and its cover with it.
///
/// # Errors
/// `book.not_found`, `precondition.failed`.
pub async fn delete(
    app: &Arc<App>,
    actor: Actor,
    book: Option<BookName>,
    precondition: Precondition,
) -> Result<()> {
    let app = Arc::clone(app);
    to_its_end(async move {
        let deleted = app.db.write(move |writer| {
            let book = own(writer, actor, book)?;
            precondition.demand(book.version)?;
            if !store::delete(writer, book.key, book.version)? {
                return Err(writer.overtaken().into());
            }
            Ok(book.cover)
        });
        discard(&app, deleted.await?);
        Ok(())
    })
    .await
}

/// Goes on when the caller leaves: objects follow their row, and only a crash may come between.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work).await.map_err(Error::internal)?
}

/// Removes a cover whose row failed, when it is certain that no row names it. After any other failure it is left to the
/// sweep.
pub(super) fn give_up(app: &Arc<App>, cover: Option<StoredPicture>, error: &Error) {
    if !matches!(error.code().kind, Kind::Unavailable | Kind::Internal) {
        discard(app, cover);
    }
}

fn discard(app: &Arc<App>, cover: Option<StoredPicture>) {
    if let Some(cover) = cover {
        app.files.discard(cover.names().into());
    }
}

/// Writes a changed book.
pub(super) fn write(app: &App, writer: &mut Writer<'_>, mut book: Book) -> Result<Book> {
    book.updated_at = app.now();
    book.version += 1;
    if !store::update(writer, &book)? {
        return Err(writer.overtaken().into());
    }
    Ok(book)
}

fn own(reader: &mut Reader<'_>, actor: Actor, book: Option<BookName>) -> Result<Book> {
    let book = book.ok_or_else(|| Error::new(&codes::BOOK_NOT_FOUND))?;
    store::find(reader, actor.account, book)?.ok_or_else(|| Error::new(&codes::BOOK_NOT_FOUND))
}

/// Whose books a list shows: the caller's, or, for an administrator who names one, another account's. An account that
/// does not exist has no books.
///
/// # Errors
/// `auth.forbidden` when somebody else names another account.
pub(super) async fn owner_of_list(app: &Arc<App>, actor: Actor, owner: Option<Id>) -> Result<Option<i64>> {
    match owner {
        None => Ok(Some(actor.account)),
        Some(id) if id == actor.id => Ok(Some(actor.account)),
        Some(id) if actor.role == Role::Admin => accounts::find_key(app, id).await,
        Some(_) => Err(Error::new(&codes::FORBIDDEN)),
    }
}

/// A page of an account's books.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn list(
    app: &Arc<App>,
    owner: i64,
    filter: BookFilter,
    page: PageRequest,
) -> Result<Page<Book>> {
    // A search or a count looks at every row of the account; the rest is one short walk along an index.
    let wide = filter.search.is_some() || page.total;
    let job = move |reader: &mut Reader<'_>| {
        let rows = store::list(reader, owner, &filter, page.after.as_ref(), i64::from(page.limit) + 1)?;
        let total = page.total.then(|| store::count(reader, owner, &filter)).transpose()?;
        Ok(Page::cut(rows, page.limit, total, |book: &Book| book.position(filter.sort)))
    };
    if wide { app.db.scan(job).await } else { app.db.read(job).await }
}
