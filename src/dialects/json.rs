//! JSON bodies as Flask programs read them: other members are ignored, the last of two alike counts.

use axum::http::HeaderValue;
use serde_json::{Map, Value};

use crate::base::{Check, Error, Result, codes};
use crate::http::RawBody;

/// Whether a body claims to be JSON.
pub(super) fn is_json(content_type: Option<&HeaderValue>) -> bool {
    let media_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let Some((family, kind)) = essence.split_once('/') else { return false };
    let structured = kind.len() >= 5 && kind[kind.len() - 5..].eq_ignore_ascii_case("+json");
    family.eq_ignore_ascii_case("application") && (kind.eq_ignore_ascii_case("json") || structured)
}

/// The value in a body that claims to be JSON.
///
/// # Errors
/// `body.unsupported_media_type`, `body.malformed`.
pub(super) fn value(body: &RawBody) -> Result<Value> {
    if !is_json(body.content_type.as_ref()) {
        return Err(Error::new(&codes::UNSUPPORTED_MEDIA));
    }
    serde_json::from_slice(&body.bytes).map_err(|_| Error::new(&codes::MALFORMED_BODY))
}

/// The object in a body that claims to be JSON.
///
/// # Errors
/// As [`value`], and `request.invalid` for a value that is no object.
pub(super) fn object(body: &RawBody) -> Result<Fields> {
    let no_object = || Error::new(&codes::INVALID).with_detail("The body must be a JSON object.");
    Fields::of(value(body)?).ok_or_else(no_object)
}

/// The members of a JSON object, taken one by one.
#[derive(Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// `None`: the value is no object.
    pub(super) fn of(value: Value) -> Option<Self> {
        if let Value::Object(members) = value { Some(Self(members)) } else { None }
    }

    /// Takes a member, if it is there.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// Takes a member that holds something, by Python's idea of it: `null`, `false`, `0`, `""`, `[]` and `{}` hold
    /// nothing.
    pub(super) fn take_filled(&mut self, name: &str) -> Option<Value> {
        self.take(name).filter(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Bool(true) => true,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(elements) => !elements.is_empty(),
            Value::Object(members) => !members.is_empty(),
        })
    }

    /// Takes a text that must be there and hold something.
    pub(super) fn text(&mut self, check: &mut Check, name: &'static str) -> Option<String> {
        match self.take_filled(name) {
            Some(Value::String(text)) => return Some(text),
            Some(_) => check.refuse(name, "wrong_type", format!("{name} must be a text.")),
            None => check.refuse(name, "required", format!("{name} is required.")),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_holds_nothing_counts_as_missing() {
        let object =
            json!({ "a": null, "b": false, "c": 0, "d": 0.0, "e": "", "f": [], "g": {}, "h": " ", "i": -1 });
        let mut fields = Fields::of(object).unwrap();
        let filled = |name: &&str| fields.take_filled(name).is_some();
        let filled: Vec<_> =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter().filter(filled).collect();
        assert_eq!(filled, ["h", "i"]);
        assert!(Fields::of(json!([])).is_none());
    }

    #[test]
    fn json_is_told_by_its_media_type() {
        let is = |text: &'static str| is_json(Some(&HeaderValue::from_static(text)));
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"] {
            assert!(is(json), "{json}");
        }
        for other in
            ["text/json", "application/x-www-form-urlencoded", "json", "", "application/jsonp", "text/x+json"]
        {
            assert!(!is(other), "{other}");
        }
        assert!(!is_json(None));
    }
}
