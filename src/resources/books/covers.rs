//! `/books/{id}/cover`, and `/covers`, where thumbnails are for whoever knows their address.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::{BookView, COVER, CoverForm, Size};
use super::model::{self, BookChange, BookName};
use super::service;
use crate::app::App;
use crate::base::{Error, Result, codes};
use crate::files::{ObjectName, Shelf};
use crate::http::delivery::{Caching, Delivery, Plan};
use crate::http::{CurrentUser, HttpState, IfMatch, IfNoneMatch, ItemId, Query, item, no_content, upload};

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(read, put, delete)).routes(routes!(thumbnail))
}

/// Give a book a cover, in place of the one it has.
///
/// The body is the picture, or a form with the picture in the part `cover`. What it is is told by its content.
#[utoipa::path(
    put, path = "/books/{id}/cover", operation_id = "put_cover", tag = "books", security(("bearer" = [])),
    request_body(content(
        (CoverForm = "multipart/form-data"),
        (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/webp"),
    )),
    params(("id" = String, Path, description = "The book's id")),
    responses(
        (status = 200, description = "The book", body = BookView),
        (status = 400, description = "The body broke off, or is no well-formed form"),
        (status = 404, description = "`book.not_found`"),
        (status = 412, description = "`precondition.failed`"),
        (status = 413, description = "`cover.too_large`"),
        (status = 415, description = "`body.unsupported_media_type`, `cover.unsupported`"),
        (status = 422, description = "`cover.undecodable`, `cover.too_many_pixels`, or wrong parts, see errors"),
    )
)]
async fn put(
    State(state): State<HttpState>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
    request: Request,
) -> Result<Response> {
    let app = &state.app;
    let name = id.map(BookName::Id);
    service::expect(app, actor, name, &precondition).await?;
    let cover = upload::picture(request, &state, COVER).await?;
    let change = BookChange::default();
    let book = service::update_with_cover(app, actor, name, change, cover, precondition).await?;
    let version = book.version;
    Ok(item(&BookView::new(book, &app.public_url()), version, &IfNoneMatch::default()))
}

/// Take a book's cover away.
#[utoipa::path(
    delete, path = "/books/{id}/cover", operation_id = "delete_cover", tag = "books", security(("bearer" = [])),
    params(("id" = String, Path, description = "The book's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "`book.not_found`, `cover.not_found`"),
        (status = 412, description = "`precondition.failed`"),
    )
)]
async fn delete(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    IfMatch(precondition): IfMatch,
) -> Result<Response> {
    service::delete_cover(&app, actor, id.map(BookName::Id), precondition).await?;
    Ok(no_content())
}

/// Get the picture of a book's cover.
#[utoipa::path(
    get, path = "/books/{id}/cover", operation_id = "read_cover", tag = "books", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The book's id"),
        ("size" = Option<String>, Query, description = "`original` (default) or `thumbnail`"),
        ("v" = Option<String>, Query, description = "The content that is meant, as in `original_url`; with it the answer may be kept for good"),
        ("Range" = Option<String>, Header, description = "The part that is wanted"),
    ),
    responses(
        (status = 200, description = "The picture", content(
            (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        )),
        (status = 206, description = "The part of it that was asked for", content(
            (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        )),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "`book.not_found`, `cover.not_found`"),
        (status = 416, description = "`range.not_satisfiable`"),
    )
)]
async fn read(
    State(app): State<Arc<App>>,
    CurrentUser(actor): CurrentUser,
    ItemId(id): ItemId,
    mut query: Query,
    caller_has: IfNoneMatch,
    headers: HeaderMap,
) -> Result<Response> {
    let size = query.choice("size", &Size::CHOICES).unwrap_or(Size::Original);
    let version = query.text("v");
    query.finish(())?;
    let book = service::read(&app, actor, id.map(BookName::Id)).await?;
    let cover = book.cover.ok_or_else(not_found)?;
    let named = version.is_some_and(|version| version == model::content_version(&cover));
    let caching = if named { Caching::PrivateImmutable } else { Caching::PrivateFresh };
    match size {
        Size::Thumbnail => send_thumbnail(&app, cover.thumbnail, caching, &headers, &caller_has).await,
        Size::Original => {
            let tag = cover.original.digits();
            let media_type = cover.original.format().media_type();
            let delivery = Delivery { tag: &tag, media_type, length: cover.bytes, caching };
            let part = match delivery.plan(&headers, &caller_has) {
                Plan::Done(response) => return Ok(response),
                Plan::Send(part) => part,
            };
            let object = app.files.storage.open_object(cover.original, Some(part.clone())).await?;
            let object = object.ok_or_else(not_found)?;
            Ok(delivery.send(part, Body::from_stream(object.into_stream())))
        }
    }
}

/// Get a thumbnail by its address, which nobody can guess.
#[utoipa::path(
    get, path = "/covers/{name}", operation_id = "read_thumbnail", tag = "books",
    params(
        ("name" = String, Path, description = "As in `thumbnail_url`"),
        ("Range" = Option<String>, Header, description = "The part that is wanted"),
    ),
    responses(
        (status = 200, description = "The picture", content(
            (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        )),
        (status = 206, description = "The part of it that was asked for", content(
            (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        )),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "`cover.not_found`"),
        (status = 416, description = "`range.not_satisfiable`"),
    )
)]
async fn thumbnail(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
    caller_has: IfNoneMatch,
    headers: HeaderMap,
) -> Result<Response> {
    let name = name.ok().and_then(|Path(name)| ObjectName::parse(Shelf::Thumbnails, &name));
    let name = name.ok_or_else(not_found)?;
    send_thumbnail(&app, name, Caching::Public, &headers, &caller_has).await
}

async fn send_thumbnail(
    app: &Arc<App>,
    name: ObjectName,
    caching: Caching,
    headers: &HeaderMap,
    caller_has: &IfNoneMatch,
) -> Result<Response> {
    let content: Bytes = app.files.thumbnail(name).await?.ok_or_else(not_found)?;
    let tag = name.digits();
    let media_type = name.format().media_type();
    let delivery = Delivery { tag: &tag, media_type, length: content.len() as u64, caching };
    Ok(match delivery.plan(headers, caller_has) {
        Plan::Done(response) => response,
        Plan::Send(part) => {
            let place = |at: u64| usize::try_from(at).map_err(Error::internal);
            let content = content.slice(place(part.start)?..place(part.end)?);
            delivery.send(part, Body::from(content))
        }
    })
}

fn not_found() -> Error {
    Error::new(&codes::COVER_NOT_FOUND)
}
