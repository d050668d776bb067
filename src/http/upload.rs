//! Bodies that carry a picture: streamed to a nameless file, never whole in memory.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use futures_util::{Stream, StreamExt};
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::HttpState;
use crate::base::{Error, FieldError, Input, Result, codes};
use crate::files::{Upload, too_large};

/// The media types of pictures as a body.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const FORM: &str = "multipart/form-data";
/// The longest text of a form, in bytes: more than any field may have characters.
const LONGEST_TEXT: u64 = 64 * 1024;
/// What a form may have besides its picture.
const ROOM_FOR_TEXTS: u64 = 1024 * 1024;
/// How much may stand between the contents of two parts: the parser keeps it in memory.
const ROOM_BETWEEN: usize = 64 * 1024;
/// How many unknown parts are named in an answer, and how many characters of each name.
const NAMED: usize = 20;
const NAME_LENGTH: usize = 100;

/// A form as it was sent.
pub struct Form {
    texts: BTreeMap<String, Input<String>>,
    /// The part that carries the picture, if there was one. A file field in which nothing was chosen is none.
    pub picture: Option<Upload>,
    /// Whether that part was sent as a file, with a name.
    pub names_file: bool,
    refused: Vec<FieldError>,
}

impl Form {
    /// Takes a text part.
    pub fn text(&mut self, name: &str) -> Input<String> {
        self.texts.remove(name).unwrap_or_default()
    }

    /// Whether any of the text parts is there.
    pub fn has_texts(&self) -> bool {
        !self.texts.is_empty()
    }

    /// Reads the parts further: what `read` answers, with whatever was wrong with the parts as such.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn refuse_wrong_parts<T>(self, read: Result<T>) -> Result<(T, Option<Upload>)> {
        match read {
            Ok(value) if self.refused.is_empty() => Ok((value, self.picture)),
            Ok(_) => Err(Error::invalid(self.refused)),
            Err(error) => Err(self
                .refused
                .into_iter()
                .fold(error, |error, field| error.with_field(field.field, field.code, field.message))),
        }
    }
}

/// Whether the body is a form with parts.
pub fn is_form(headers: &HeaderMap) -> bool {
    essence(headers) == FORM
}

fn essence(headers: &HeaderMap) -> String {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body that is a picture, or a form with nothing but one in the part `part`.
///
/// # Errors
/// 415, 413 `cover.too_large`, 408, 400, 422, 503.
pub async fn picture(request: Request, state: &HttpState, part: &'static str) -> Result<Upload> {
    if is_form(request.headers()) {
        let form = form(request, state, part, &[]).await?;
        let ((), picture) = form.refuse_wrong_parts(Ok(()))?;
        let missing =
            || Error::invalid(Vec::new()).with_field(part, "required", format!("{part} is required."));
        return picture.ok_or_else(missing);
    }
    if !PICTURES.contains(&essence(request.headers()).as_str()) {
        let taken = PICTURES.join(", ");
        return Err(Error::new(&codes::UNSUPPORTED_MEDIA).with_detail(format!(
            "This route takes {taken}, or {FORM} with the picture in the part {part}."
        )));
    }
    let files = &state.app.files;
    if announced(request.headers()).is_some_and(|length| length > files.max_upload()) {
        return Err(too_large(files.max_upload()));
    }
    in_time(state, async {
        let mut receiving = files.receive().await?;
        let mut pieces = request.into_body().into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| broken_off().with_cause(error))?;
            receiving.write(&piece).await?;
        }
        receiving.finish().await
    })
    .await
}

/// A form with text parts of these names and a picture in the part `part`.
///
/// # Errors
/// 413 `cover.too_large` and `body.too_large`, 408, 400, 503. Unknown, doubled and unreadable parts are reported by
/// [`Form::refuse_wrong_parts`].
pub async fn form(request: Request, state: &HttpState, part: &'static str, texts: &[&str]) -> Result<Form> {
    let (parts, body) = request.into_parts();
    let limit = state.app.files.max_upload().saturating_add(ROOM_FOR_TEXTS);
    if announced(&parts.headers).is_some_and(|length| length > limit) {
        return Err(too_large(state.app.files.max_upload()));
    }
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(media_type.unwrap_or_default()).map_err(malformed)?;
    in_time(state, read_form(body, &boundary, limit, state, part, texts)).await
}

async fn read_form(
    body: Body,
    boundary: &str,
    limit: u64,
    state: &HttpState,
    part: &'static str,
    texts: &[&str],
) -> Result<Form> {
    let sizes = SizeLimit::new().whole_stream(limit).per_field(LONGEST_TEXT).for_field(part, limit);
    let constraints = Constraints::new().size_limit(sizes);
    let between = Arc::new(AtomicUsize::new(0));
    let pieces = Pieces { inner: body.into_data_stream(), between: Arc::clone(&between), paused: false };
    let mut multipart = Multipart::with_constraints(pieces, boundary, constraints);
    let mut form = Form { texts: BTreeMap::new(), picture: None, names_file: false, refused: Vec::new() };
    while let Some(field) = multipart.next_field().await.map_err(malformed)? {
        let mut field = Part { field, between: &between };
        between.store(0, Ordering::Relaxed);
        let name: String = field.field.name().unwrap_or_default().chars().take(NAME_LENGTH).collect();
        let doubled = if name == part { form.picture.is_some() } else { form.texts.contains_key(&name) };
        if doubled {
            form.refuse(&name, "duplicate", "may stand only once");
            pass_over(&mut field).await?;
        } else if name == part {
            form.names_file = names_file(&field.field);
            form.picture = receive(&mut field, state).await?;
        } else if texts.contains(&&*name) {
            let text = field.text().await?.map_or(Input::Wrong, Input::Value);
            form.texts.insert(name, text);
        } else {
            form.refuse(&name, "unknown_field", "is not known here");
            pass_over(&mut field).await?;
        }
    }
    Ok(form)
}

impl Form {
    fn refuse(&mut self, name: &str, code: &'static str, fault: &str) {
        if self.refused.len() < NAMED {
            let message = format!("The part {name} {fault}.").into();
            self.refused.push(FieldError { field: name.to_owned().into(), code, message });
        }
    }
}

/// A part whose content is being read.
struct Part<'a> {
    field: Field<'a>,
    between: &'a AtomicUsize,
}

impl Part<'_> {
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        let piece = self.field.chunk().await.map_err(malformed)?;
        self.between.store(0, Ordering::Relaxed);
        Ok(piece)
    }

    /// `None`: it is not UTF-8. Lines end as they do everywhere else: forms send them with a carriage return (HTML,
    /// "constructing the entry list").
    async fn text(&mut self) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(String::from_utf8(bytes).ok().map(|text| text.replace("\r\n", "\n")))
    }
}

/// Whether a part was sent as a file with a name, however that is spelled (RFC 7578, section 4.2).
fn names_file(field: &Field<'_>) -> bool {
    let disposition = field.headers().get(CONTENT_DISPOSITION).map_or(&b""[..], |value| value.as_bytes());
    let named = disposition.windows(8).any(|word| word.eq_ignore_ascii_case(b"filename"));
    named && field.file_name() != Some("")
}

/// `None` for what browsers send of a file field in which nothing was chosen: an empty file with an empty name.
async fn receive(part: &mut Part<'_>, state: &HttpState) -> Result<Option<Upload>> {
    let (mut chosen, mut receiving) = (part.field.file_name() != Some(""), state.app.files.receive().await?);
    while let Some(piece) = part.piece().await? {
        chosen |= !piece.is_empty();
        receiving.write(&piece).await?;
    }
    if chosen { receiving.finish().await.map(Some) } else { Ok(None) }
}

async fn pass_over(part: &mut Part<'_>) -> Result<()> {
    while part.piece().await?.is_some() {}
    Ok(())
}

/// The pieces of a body, one at a time: the parser takes whatever is ready into memory before it looks at it, and keeps
/// what is no content of a part until the part begins.
struct Pieces {
    inner: BodyDataStream,
    /// How much has come since the parser last gave something.
    between: Arc<AtomicUsize>,
    paused: bool,
}

impl Stream for Pieces {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::replace(&mut self.paused, false) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.between.load(Ordering::Relaxed) > ROOM_BETWEEN {
            return Poll::Ready(Some(Err(Box::new(Endless))));
        }
        let piece = ready!(self.inner.poll_next_unpin(cx));
        if let Some(Ok(piece)) = &piece {
            self.between.fetch_add(piece.len(), Ordering::Relaxed);
            self.paused = true;
        }
        Poll::Ready(piece.map(|piece| piece.map_err(Into::into)))
    }
}

/// More than [`ROOM_BETWEEN`].
#[derive(Debug, thiserror::Error)]
#[error("what stands between the parts of the form does not end")]
struct Endless;

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn in_time<T>(state: &HttpState, reading: impl Future<Output = Result<T>>) -> Result<T> {
    let patience = state.app.config.server.request_timeout;
    tokio::time::timeout(patience, reading).await.unwrap_or_else(|_| Err(Error::new(&codes::BODY_TIMEOUT)))
}

fn broken_off() -> Error {
    Error::new(&codes::MALFORMED_REQUEST).with_detail("The body broke off before its end.")
}

fn malformed(error: multer::Error) -> Error {
    use multer::Error as Fault;

    match error {
        Fault::StreamSizeExceeded { .. } | Fault::FieldSizeExceeded { .. } => {
            Error::new(&codes::BODY_TOO_LARGE)
        }
        Fault::StreamReadFailed(fault) if fault.is::<Endless>() => Error::new(&codes::MALFORMED_BODY)
            .with_detail(format!("More than {ROOM_BETWEEN} bytes stand before a part, or in its headers.")),
        Fault::StreamReadFailed(_)
        | Fault::IncompleteStream
        | Fault::IncompleteHeaders
        | Fault::IncompleteFieldData { .. } => broken_off().with_cause(error),
        other => Error::new(&codes::MALFORMED_BODY)
            .with_detail("The body is not well-formed multipart/form-data.")
            .with_cause(other),
    }
}
