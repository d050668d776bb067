//! Query strings: known names only, each at most once.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::base::{Check, Error, FieldError, Result};

/// Extractor: the parameters behind `?`. A route takes those it knows; [`Query::finish`] refuses the rest.
pub struct Query {
    values: BTreeMap<String, String>,
    /// What was wrong so far.
    pub check: Check,
    twice: Vec<FieldError>,
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
        let mut query = Self { values: BTreeMap::new(), check: Check::new(), twice: Vec::new() };
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if query.values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                query.twice.push(FieldError {
                    message: format!("The parameter {name} may stand only once.").into(),
                    field: name.into_owned().into(),
                    code: "duplicate",
                });
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

    /// The value read from the query, unless a parameter was wrong, unknown or given twice.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each such parameter.
    pub fn finish<T>(self, value: T) -> Result<T> {
        let unknown = self.values.into_keys().take(20).map(|name| {
            let name: String = name.chars().take(100).collect();
            let message = format!("There is no parameter {name} here.").into();
            FieldError { field: name.into(), code: "unknown_field", message }
        });
        let others: Vec<_> = self.twice.into_iter().chain(unknown).collect();
        match self.check.finish(Some(value)) {
            Ok(value) if others.is_empty() => Ok(value),
            Ok(_) => Err(Error::invalid(others)),
            Err(error) => Err(others
                .into_iter()
                .fold(error, |error, other| error.with_field(other.field, other.code, other.message))),
        }
    }
}
