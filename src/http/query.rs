//! Query strings: known names only, each at most once.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::base::{Check, Error, FieldError, Id, Result, Timestamp};

/// How many parameters that no route could take are named in an answer, and how many characters of each name.
const NAMED: usize = 20;
const NAME_LENGTH: usize = 100;

/// Extractor: the parameters behind `?`. A route takes those it knows; [`Query::finish`] refuses the rest.
pub struct Query {
    values: BTreeMap<String, String>,
    /// What was wrong so far.
    pub check: Check,
    others: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn parse(text: &str) -> Self {
        let mut query = Self { values: BTreeMap::new(), check: Check::new(), others: Vec::new() };
        let typed = text.split('&').filter(|pair| !pair.is_empty());
        for (typed, (name, value)) in typed.zip(form_urlencoded::parse(text.as_bytes())) {
            // The parser replaces bytes that are no UTF-8, and a search for the replacement is not what was asked.
            if percent_decode_str(typed).decode_utf8().is_err() {
                query.others.push(other(&name, "malformed", "is not UTF-8"));
            } else if query.values.contains_key(&*name) {
                query.others.push(other(&name, "duplicate", "may stand only once"));
            } else {
                query.values.insert(name.into_owned(), value.into_owned());
            }
        }
        query
    }

    /// Takes a parameter as text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    /// Takes a parameter that is `true` or `false`.
    pub fn truth(&mut self, name: &'static str) -> Option<bool> {
        let value = self.text(name)?;
        let truth = value.parse().ok();
        if truth.is_none() {
            self.check.refuse(name, "wrong_type", format!("{name} must be true or false."));
        }
        truth
    }

    /// Takes a parameter that is a whole number in a range.
    pub fn number(&mut self, name: &'static str, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let value = self.text(name)?;
        // Digits only: `parse` alone would take a sign as well.
        let number = value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten();
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = range.into_inner();
            self.check.refuse(
                name,
                "out_of_range",
                format!("{name} must be a whole number from {from} to {to}."),
            );
        }
        number
    }

    /// Takes a parameter that is one of a few words.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.text(name)?;
        let chosen = choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice);
        if chosen.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.check.refuse(name, "unknown_value", format!("{name} must be one of: {}.", words.join(", ")));
        }
        chosen
    }

    /// Takes a parameter that is an id.
    pub fn id(&mut self, name: &'static str) -> Option<Id> {
        let value = self.text(name)?;
        let id = value.parse().ok();
        if id.is_none() {
            self.check.refuse(name, "malformed", format!("{name} must be an id."));
        }
        id
    }

    /// Takes a parameter that is a time.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        let value = self.text(name)?;
        let time = Timestamp::parse(&value);
        if time.is_none() {
            let example = "2026-11-21T08:15:30Z";
            self.check.refuse(
                name,
                "malformed",
                format!("{name} must be an RFC 3339 date and time with offset, such as {example}."),
            );
        }
        time
    }

    /// The value read from the query, unless a parameter was wrong, unknown or given twice.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each such parameter.
    pub fn finish<T>(self, value: T) -> Result<T> {
        let unknown = self.values.keys().map(|name| other(name, "unknown_field", "is not known here"));
        let others: Vec<_> = self.others.into_iter().chain(unknown).take(NAMED).collect();
        match self.check.finish(Some(value)) {
            Ok(value) if others.is_empty() => Ok(value),
            Ok(_) => Err(Error::invalid(others)),
            Err(error) => Err(others
                .into_iter()
                .fold(error, |error, other| error.with_field(other.field, other.code, other.message))),
        }
    }
}

/// What is wrong with a parameter, whatever its name.
fn other(name: &str, code: &'static str, fault: &str) -> FieldError {
    let name: String = name.chars().take(NAME_LENGTH).collect();
    FieldError { message: format!("The parameter {name} {fault}.").into(), field: name.into(), code }
}
