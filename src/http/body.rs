//! JSON bodies: one field error per wrong or unknown field, nothing mass-assigned.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::HttpState;
use crate::base::{Error, FieldError, Result, codes};

/// A JSON object as it was sent: the fields that `T` knows, and complaints about those it does not.
#[derive(Debug)]
pub struct Sent<T> {
    known: T,
    unknown: Vec<FieldError>,
}

impl<T> Sent<T> {
    /// Reads the known fields further. Unknown ones are refused together with whatever `read` refuses.
    ///
    /// # Errors
    /// What `read` answers, or `request.invalid` with one entry for each unknown field.
    pub fn read<U>(self, read: impl FnOnce(T) -> Result<U>) -> Result<U> {
        match read(self.known) {
            Ok(value) if self.unknown.is_empty() => Ok(value),
            Ok(_) => Err(Error::invalid(self.unknown)),
            Err(error) => Err(self
                .unknown
                .into_iter()
                .fold(error, |error, field| error.with_field(field.field, field.code, field.message))),
        }
    }
}

/// A JSON object with the bytes that it came in. Fails with 415, 408, 413 or 400 (`body.malformed`).
pub struct JsonBody<T> {
    /// What was sent.
    pub sent: Sent<T>,
    /// The bytes as they arrived.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned> FromRequest<HttpState> for JsonBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Error::new(&codes::UNSUPPORTED_MEDIA));
        }
        let bytes = read(request, state).await?;
        Ok(Self { sent: parse(&bytes)?, bytes })
    }
}

/// A body that need not be there, or a JSON object when it is.
pub struct EmptyBody<T>(pub Option<Sent<T>>);

impl<T: DeserializeOwned> FromRequest<HttpState> for EmptyBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self> {
        let json = is_json(request.headers());
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        if !json {
            return Err(Error::new(&codes::UNSUPPORTED_MEDIA));
        }
        parse(&bytes).map(|sent| Self(Some(sent)))
    }
}

/// Extractor: a body as it arrived, whatever it is. Fails with 408, 413 or 400.
pub struct RawBody {
    /// What it claims to be.
    pub content_type: Option<HeaderValue>,
    /// The bytes.
    pub bytes: Bytes,
}

impl FromRequest<HttpState> for RawBody {
    type Rejection = Error;

    async fn from_request(mut request: Request, state: &HttpState) -> Result<Self> {
        let content_type = request.headers_mut().remove(CONTENT_TYPE);
        Ok(Self { content_type, bytes: read(request, state).await? })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = media_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let mut charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, charset)| charset.trim_matches('"').to_ascii_lowercase());
    json && charsets.all(|charset| matches!(&*charset, "utf-8" | "utf8"))
}

async fn read(request: Request, state: &HttpState) -> Result<Bytes> {
    let limit = state.app.config.server.max_body.as_u64();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let too_large =
        || Error::new(&codes::BODY_TOO_LARGE).with_detail(format!("The body is larger than {limit} bytes."));
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let patience = state.app.config.server.request_timeout;
    let collecting = Limited::new(request.into_body(), limit).collect();
    match tokio::time::timeout(patience, collecting).await {
        Err(_) => Err(Error::new(&codes::BODY_TIMEOUT)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Error::new(&codes::MALFORMED_REQUEST)
            .with_detail("The body broke off before its end.")
            .with_cause(error)),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// Reads one JSON object.
///
/// # Errors
/// `body.malformed`, or `request.invalid` for another JSON value than an object.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<Sent<T>> {
    // Serde would fill a struct from a list too, by place; here every value has a name.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(no_object());
    }
    let mut unknown = Vec::new();
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let known = serde_ignored::deserialize(&mut source, |path| unknown.push(path.to_string()))
        .and_then(|known| source.end().map(|()| known))
        .map_err(|error| explain(&error))?;
    let unknown = unknown.into_iter().take(20).map(|name| {
        let name: String = name.chars().take(100).collect();
        let message = format!("There is no field {name} here.").into();
        FieldError { field: name.into(), code: "unknown_field", message }
    });
    Ok(Sent { known, unknown: unknown.collect() })
}

fn no_object() -> Error {
    Error::new(&codes::INVALID).with_detail("The body must be a JSON object.")
}

/// Serde's words for a syntax error name no content, only the place; those for data name only our fields and types.
fn explain(error: &serde_json::Error) -> Error {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => {
            let words = error.to_string();
            match words.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
                Some(field) => Error::new(&codes::MALFORMED_BODY)
                    .with_detail(format!("The field {field} stands in the body twice.")),
                None => no_object(),
            }
        }
        serde_json::error::Category::Eof => {
            Error::new(&codes::MALFORMED_BODY).with_detail("The body is empty, or its JSON ends too early.")
        }
        _ => Error::new(&codes::MALFORMED_BODY)
            .with_detail(format!("The body is not well-formed JSON at {place}.")),
    }
}
