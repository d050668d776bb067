//! Reading a request's fields: every wrong one is reported, not only the first.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Change, Error, FieldError, Result};

/// One field of a JSON body as it arrived; a wrong type is kept, so that all fields can be reported together.
#[derive(Clone, Debug, Default)]
pub enum Input<T> {
    /// Not sent.
    #[default]
    Missing,
    /// Sent as `null`.
    Null,
    /// Sent, and of the right type.
    Value(T),
    /// Sent, and of another type.
    Wrong,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value.is_null() {
            return Ok(Self::Null);
        }
        Ok(serde_json::from_value(value).map_or(Self::Wrong, Self::Value))
    }
}

/// Collects field errors while a request is read.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn refuse(&mut self, field: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) {
        self.errors.push(FieldError { field: field.into(), code, message: message.into() });
    }

    /// A field that must be there. `expected` names its type for people, such as "text".
    pub fn required<T>(&mut self, field: &'static str, expected: &str, input: Input<T>) -> Option<T> {
        match input {
            Input::Missing | Input::Null => {
                self.refuse(field, "required", format!("{field} is required."));
                None
            }
            other => self.optional(field, expected, other).value(),
        }
    }

    /// A field that may be missing or `null`.
    pub fn optional<T>(&mut self, field: &'static str, expected: &str, input: Input<T>) -> Change<T> {
        match input {
            Input::Missing => Change::Keep,
            Input::Null => Change::Clear,
            Input::Value(value) => Change::Set(value),
            Input::Wrong => {
                self.refuse(field, "wrong_type", format!("{field} must be {expected}."));
                Change::Keep
            }
        }
    }

    /// A field that may be missing but not `null`.
    pub fn not_null<T>(&mut self, field: &'static str, expected: &str, input: Input<T>) -> Option<T> {
        let change = self.optional(field, expected, input);
        if matches!(change, Change::Clear) {
            self.refuse(field, "required", format!("{field} cannot be empty."));
        }
        change.value()
    }

    /// A text of one line: ends trimmed, no control characters, `min` to `max` characters.
    pub fn line(&mut self, field: &'static str, text: &str, min: usize, max: usize) -> Option<String> {
        self.text(field, text, min, max, |_| false)
    }

    /// A text of several lines: as [`Self::line`], with LF and TAB allowed.
    pub fn lines(&mut self, field: &'static str, text: &str, max: usize) -> Option<String> {
        self.text(field, text, 0, max, |character| matches!(character, '\n' | '\t'))
    }

    fn text(
        &mut self,
        field: &'static str,
        text: &str,
        min: usize,
        max: usize,
        allowed: impl Fn(char) -> bool,
    ) -> Option<String> {
        let text = text.trim();
        let length = text.chars().count();
        if text.chars().any(|character| character.is_control() && !allowed(character)) {
            self.refuse(field, "control_character", format!("{field} contains a control character."));
        } else if length < min {
            let message = if length == 0 {
                format!("{field} cannot be empty.")
            } else {
                format!("{field} needs at least {min} characters.")
            };
            self.refuse(field, "too_short", message);
        } else if length > max {
            self.refuse(
                field,
                "too_long",
                format!("{field} has {length} characters; at most {max} are allowed."),
            );
        } else {
            return Some(text.to_owned());
        }
        None
    }

    /// The value, or all that was wrong. `None` while nothing was refused is a fault of ours.
    pub fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            None if self.errors.is_empty() => Err(Error::internal("a check gave no value and no reason")),
            _ => Err(Error::invalid(self.errors)),
        }
    }

    /// Whether anything was refused.
    pub fn failed(&self) -> bool {
        !self.errors.is_empty()
    }
}
