//! The one error of the house. Doors decide how it looks on their wire.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::codes::{self, Code, Kind};

/// What every service and store returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed request: a stable [`Code`], words for people, and what only the log may see.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: &'static Code,
    detail: Option<Cow<'static, str>>,
    fields: Vec<FieldError>,
    retry_after: Option<Duration>,
    cause: Option<String>,
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as the caller sent it.
    pub field: Cow<'static, str>,
    /// A stable word for programs, such as `too_long`.
    pub code: &'static str,
    /// A sentence for people.
    pub message: Cow<'static, str>,
}

impl Error {
    /// An error with the standing sentence of its code.
    pub fn new(code: &'static Code) -> Self {
        let retry_after =
            matches!(code.kind, Kind::Unavailable | Kind::RateLimited).then(|| Duration::from_secs(1));
        Self(Box::new(Inner { code, detail: None, fields: Vec::new(), retry_after, cause: None }))
    }

    /// Input that was understood and refused, field by field.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(&codes::INVALID);
        error.0.fields = fields;
        error
    }

    /// A fault of ours. The cause goes to the log and never to a caller.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(&codes::INTERNAL).with_cause(cause)
    }

    /// Replaces the standing sentence, where more can be said.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// Names the field that is to blame.
    #[must_use]
    pub fn with_field(
        mut self,
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.fields.push(FieldError { field: field.into(), code, message: message.into() });
        self
    }

    /// Keeps the technical cause for the log.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Tells the caller when to try again (whole seconds on the wire, at least one).
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        self.0.detail.as_deref().unwrap_or(self.0.code.meaning)
    }

    /// The fields to blame; empty where the request as a whole is.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// How long the caller should wait, for 429 and 503.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What the log may know and the caller may not.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
}

impl From<&'static Code> for Error {
    fn from(code: &'static Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail())?;
        for field in self.fields() {
            write!(f, " {}: {}", field.field, field.message)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code.name)
            .field("detail", &self.detail())
            .field("fields", &self.0.fields)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl std::error::Error for Error {}
