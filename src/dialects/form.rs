//! Forms, as browsers send them: urlencoded or multipart. Anything else is an empty form.

use std::convert::Infallible;

use futures_util::stream;

use crate::base::{Error, Result, codes};
use crate::http::RawBody;

/// Fields beyond these are not read: no form of ours has as many.
const MOST_FIELDS: usize = 100;

/// The text fields of a form; of several with one name the first counts.
#[derive(Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// `body.malformed` for a multipart body that is none.
    pub(super) async fn read(body: RawBody) -> Result<Self> {
        let media_type = body.content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let fields = form_urlencoded::parse(&body.bytes).into_owned();
            return Ok(Self(fields.take(MOST_FIELDS).collect()));
        }
        if !essence.eq_ignore_ascii_case("multipart/form-data") {
            return Ok(Self::default());
        }
        let malformed = |error: multer::Error| {
            Error::new(&codes::MALFORMED_BODY).with_detail("The body is no multipart form.").with_cause(error)
        };
        let boundary = multer::parse_boundary(media_type).map_err(malformed)?;
        let whole = stream::iter([Ok::<_, Infallible>(body.bytes)]);
        let (mut parts, mut fields) = (multer::Multipart::new(whole, boundary), Vec::new());
        while let Some(part) = parts.next_field().await.map_err(malformed)? {
            let name = part.name().filter(|_| part.file_name().is_none()).map(str::to_owned);
            let bytes = part.bytes().await.map_err(malformed)?;
            if let Some(name) = name.filter(|_| fields.len() < MOST_FIELDS) {
                fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
        Ok(Self(fields))
    }

    /// Whether there is no field.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a field, if it is there.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(index).1)
    }

    /// Takes a field that holds something.
    pub(super) fn take_filled(&mut self, name: &str) -> Option<String> {
        self.take(name).filter(|text| !text.is_empty())
    }
}
