//! `/books`.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{BookView, COVER, ChangeBook, CreateBook, CreateBookForm, ListRequest, TEXTS};
use super::model::{Book, BookDraft, BookFilter, BookName, SortBy};
use super::service;
use crate::app::App;
use crate::base::{Error, Page, Result};
use crate::files::Upload;
use crate::http::idempotency::IdempotencyKey;
use crate::http::{
    CurrentUser, CursorScope, HttpState, IfMatch, IfNoneMatch, ItemId, JsonBody, ListView, PageParameters,
    Query, created, etag, item, no_content, upload,
};
use crate::resources::idempotency::Receipt;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(read, update, delete))
}

/// List your books.
#[utoipa::path(
    get, path = "/books", operation_id = "list_books", tag = "books", security(("bearer" = [])),
    params(
        ("category" = Option<String>, Query, description = "Only those of this category"),
        ("q" = Option<String>, Query, max_length = 200, description = "Text in title or description, whatever its case"),
        ("sort" = Option<String>, Query, description = "`created_at` (default), `-created_at`, `title` or `-title`"),
        ("owner" = Option<String>, Query, description = "Another account's id; administrators only"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<BookView>),
        (status = 403, description = "`auth.forbidden`: somebody else's books"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    mut query: Query,
) -> Result<Json<ListView<BookView>>> {
    let page = PageParameters::take(&mut query);
    let request = ListRequest::take(&mut query);
    let (page, ListRequest { owner, filter }) = query.finish((page, request))?;
    let owner = service::owner_of_list(&app, actor, owner).await?;
    let scope = scope(owner.unwrap_or_default(), &filter);
    let page = page.open(&scope, &app.keys)?;
    let found = match owner {
        Some(owner) => service::list(&app, owner, filter, page).await?,
        None => Page { items: Vec::new(), next: None, total: page.total.then_some(0) },
    };
    let url = app.public_url();
    Ok(Json(ListView::new(found, &scope, &app.keys, |book| BookView::new(book, &url))))
}

fn scope(owner: i64, filter: &BookFilter) -> CursorScope {
    let sort = match filter.sort {
        SortBy::CreatedAt => "created_at",
        SortBy::Title => "title",
    };
    let search = filter.search.as_deref().unwrap_or_default();
    let category = filter.category.as_deref().unwrap_or_default();
    CursorScope::new(owner, "books", &[category, sort, filter.direction.word(), search])
}

/// Make a book, with its cover if it is sent as a form.
#[utoipa::path(
    post, path = "/books", operation_id = "create_book", tag = "books", security(("bearer" = [])),
    request_body(content((CreateBook = "application/json"), (CreateBookForm = "multipart/form-data"))),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key and content within 24 hours get the first answer again")),
    responses(
        (status = 201, description = "The book", body = BookView),
        (status = 409, description = "`book.title_taken`"),
        (status = 413, description = "`body.too_large`, `cover.too_large`"),
        (status = 415, description = "`body.unsupported_media_type`, `cover.unsupported`"),
        (status = 422, description = "Some fields are wrong, see errors; `cover.undecodable`, `cover.too_many_pixels`"),
    )
)]
async fn create(
    State(state): State<HttpState>,
    CurrentUser(actor): CurrentUser,
    request: Request,
) -> Result<Response> {
    const ROUTE: &str = "POST /api/v1/books";
    let app = &state.app;
    let headers = request.headers().clone();
    let categories = &app.config.books.categories;
    let (draft, cover, content) = if upload::is_form(&headers) {
        let mut form = upload::form(request, &state, COVER, &TEXTS).await?;
        let draft = CreateBook::of_form(&mut form).into_draft(categories);
        let (draft, cover) = form.refuse_wrong_parts(draft)?;
        let content = content(&draft, cover.as_ref());
        (draft, cover, content)
    } else {
        let body = JsonBody::<CreateBook>::from_request(request, &state).await?;
        (body.sent.read(|book| book.into_draft(categories))?, None, body.bytes)
    };
    let key = IdempotencyKey::read(&headers, ROUTE, content)?;
    let url = app.public_url();
    let receipt = move |book| receipt(book, &url);
    let Receipt { location, etag, body } = service::create(app, actor, draft, cover, key, receipt).await?;
    Ok(created(body, &location, &etag))
}

/// What makes two forms the same, however their parts were separated.
fn content(draft: &BookDraft, cover: Option<&Upload>) -> Bytes {
    let sum = cover.map(|cover| {
        cover.sha256().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
    });
    Bytes::from(json!([draft.title, draft.description, draft.category, sum]).to_string())
}

fn receipt(book: Book, url: &str) -> Result<Receipt> {
    let location = format!("/api/v1/books/{}", book.id);
    let etag = etag(book.version);
    let body = serde_json::to_string(&BookView::new(book, url)).map_err(Error::internal)?;
    Ok(Receipt { location, etag, body })
}

/// Read a book.
#[utoipa::path(
    get, path = "/books/{id}", operation_id = "read_book", tag = "books", security(("bearer" = [])),
    params(("id" = String, Path, description = "The book's id")),
    responses(
        (status = 200, description = "The book", body = BookView),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "`book.not_found`"),
    )
)]
async fn read(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    caller_has: IfNoneMatch,
) -> Result<Response> {
    let book = service::read(&app, actor, id.map(BookName::Id)).await?;
    let version = book.version;
    Ok(item(&BookView::new(book, &app.public_url()), version, &caller_has))
}

/// Change a book.
#[utoipa::path(
    patch, path = "/books/{id}", operation_id = "change_book", tag = "books", security(("bearer" = [])), request_body = ChangeBook,
    params(("id" = String, Path, description = "The book's id")),
    responses(
        (status = 200, description = "The book", body = BookView),
        (status = 404, description = "`book.not_found`"),
        (status = 409, description = "`book.title_taken`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn update(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
    body: JsonBody<ChangeBook>,
) -> Result<Response> {
    let change = body.sent.read(|change| change.into_change(&app.config.books.categories))?;
    let book = service::update(&app, actor, id.map(BookName::Id), change, precondition).await?;
    let version = book.version;
    Ok(item(&BookView::new(book, &app.public_url()), version, &IfNoneMatch::default()))
}

/// Delete a book and its cover.
#[utoipa::path(
    delete, path = "/books/{id}", operation_id = "delete_book", tag = "books", security(("bearer" = [])),
    params(("id" = String, Path, description = "The book's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`book.not_found`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn delete(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
) -> Result<Response> {
    service::delete(&app, actor, id.map(BookName::Id), precondition).await?;
    Ok(no_content())
}
