//! `/books`: the caller's books with their covers; an administrator reads everybody's.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::wire::{BookId, BookView, Caller, category, failure, no_content, success};
use crate::app::App;
use crate::base::{Actor, Error, Input, Precondition, Result, codes};
use crate::dialects::answer::{self, told};
use crate::dialects::form::Form;
use crate::dialects::routes::{Methods, Routes};
use crate::http::{HttpState, RawBody, upload};
use crate::resources::books::{self, Book, BookName, ChangeBook, CreateBook, numbered};

/// The text parts of a form; others are ignored, and of several alike the first counts.
const TEXTS: [&str; 3] = ["title", "description", "category"];
/// The part that carries the picture.
const COVER: &str = "cover_image";

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/books/", Methods::new().get(list).post(create));
    routes.at("/books/{id}", Methods::new().get(read).put(update).delete(delete));
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let (found, url) = (numbered::list_whole(&app, caller.actor).await?, app.public_url());
    let books: Vec<_> = found.into_iter().map(|book| BookView::new(book, &url)).collect();
    Ok(success(StatusCode::OK, "successfully retrieved all books", books))
}

async fn read(id: BookId, State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    let book = numbered::read(&app, caller.actor, id.0).await?;
    Ok(success(StatusCode::OK, "successfully retrieved a book", BookView::new(book, &app.public_url())))
}

async fn create(State(state): State<HttpState>, caller: Caller, request: Request) -> Result<Response> {
    let app = &state.app;
    if !upload::is_form(request.headers()) {
        let form = Form::read(RawBody::from_request(request, &state).await?).await?;
        return Ok(if form.is_empty() { nothing_given() } else { no_cover() });
    }
    let mut form = upload::form(request, &state, COVER, &TEXTS).await?;
    if !form.has_texts() {
        return Ok(nothing_given());
    }
    let Some(cover) = form.picture.take().filter(|_| form.names_file) else { return Ok(no_cover()) };
    let [title, description, kind] = TEXTS.map(|name| form.text(name));
    let draft = CreateBook::new(title, description, category(kind));
    let draft = draft.into_draft(&app.config.books.categories)?;
    let book = numbered::create(app, caller.actor, draft, cover).await?;
    let book = BookView::new(book, &app.public_url());
    Ok(success(StatusCode::CREATED, "successfully created a new book", book))
}

fn nothing_given() -> Response {
    let message = "Invalid data, you need to give the book title, cover image, author id,";
    let answer = failure(StatusCode::BAD_REQUEST, message, &json!("Bad Request"));
    told(Error::new(&codes::INVALID), answer)
}

/// Here, and only here, the contract's failure has no `error`.
fn no_cover() -> Response {
    let words = json!({ "message": "cover image is required", "data": null });
    told(Error::new(&codes::INVALID), answer::json(StatusCode::BAD_REQUEST, &words))
}

async fn update(
    id: BookId,
    State(state): State<HttpState>,
    caller: Caller,
    request: Request,
) -> Result<Response> {
    match change(&state, caller.actor, id.0.map(BookName::Key), request).await {
        Ok(book) => {
            let book = BookView::new(book, &state.app.public_url());
            Ok(success(StatusCode::CREATED, "successfully updated a book", book))
        }
        Err(error) => not_the_callers(error),
    }
}

async fn change(state: &HttpState, actor: Actor, book: Option<BookName>, request: Request) -> Result<Book> {
    let app = &state.app;
    let no_file =
        || Error::invalid(Vec::new()).with_field(COVER, "wrong_type", "cover_image must be a file.");
    let (texts, cover) = if upload::is_form(request.headers()) {
        // Nobody sends a picture in vain.
        books::expect(app, actor, book, &Precondition::None).await?;
        let mut form = upload::form(request, state, COVER, &TEXTS).await?;
        if form.picture.is_some() && !form.names_file {
            return Err(no_file());
        }
        (TEXTS.map(|name| form.text(name)), form.picture)
    } else {
        let mut form = Form::read(RawBody::from_request(request, state).await?).await?;
        if form.take(COVER).is_some() {
            return Err(no_file());
        }
        (TEXTS.map(|name| form.take(name).map_or(Input::Missing, Input::Value)), None)
    };
    let [title, description, kind] = texts;
    let change = ChangeBook::new(title, description, category(kind));
    let change = change.into_change(&app.config.books.categories)?;
    match cover {
        Some(cover) => books::update_with_cover(app, actor, book, change, cover, Precondition::None).await,
        None => books::update(app, actor, book, change, Precondition::None).await,
    }
}

async fn delete(id: BookId, State(app): State<Arc<App>>, caller: Caller) -> Result<Response> {
    match books::delete(&app, caller.actor, id.0.map(BookName::Key), Precondition::None).await {
        Ok(()) => Ok(no_content()),
        Err(error) => not_the_callers(error),
    }
}

/// Who changes a book and finds none is told so in other words than who reads.
fn not_the_callers(error: Error) -> Result<Response> {
    if error.code() != &codes::BOOK_NOT_FOUND {
        return Err(error);
    }
    let answer = failure(StatusCode::NOT_FOUND, "Book not found for user", &json!("Not found"));
    Ok(told(error, answer))
}
