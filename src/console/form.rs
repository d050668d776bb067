//! The fields of a form, read like a JSON body: by the same readers, with the same words for what is wrong.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::base::{Error, Result, codes};
use crate::http::body;

/// What is never shown again.
const SECRETS: [&str; 3] = ["password", "current_password", "new_password"];

/// The fields that were sent.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` bytes.
    ///
    /// # Errors
    /// `body.malformed` for what is not UTF-8, and for a field that stands there twice.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let malformed = |words: &'static str| Error::new(&codes::MALFORMED_BODY).with_detail(words);
        let text = str::from_utf8(bytes).map_err(|_| malformed("The form is not UTF-8."))?;
        // The parser replaces bytes that are no UTF-8, and a password with replacements is another password.
        percent_decode_str(text).decode_utf8().map_err(|_| malformed("The form is not UTF-8."))?;
        let mut fields = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(malformed("A field stands in the form twice."));
            }
        }
        Ok(Self(fields))
    }

    /// Takes a field out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).filter(|text| !text.is_empty())
    }

    /// Reads the fields that were filled in; what nobody asked for is refused.
    ///
    /// # Errors
    /// As a JSON body with these members.
    pub(super) fn read<T: DeserializeOwned, U>(&self, read: impl FnOnce(T) -> Result<U>) -> Result<U> {
        let filled = self.0.iter().filter(|(_, value)| !value.is_empty());
        let members: Map<String, Json> =
            filled.map(|(name, value)| (name.clone(), value.clone().into())).collect();
        body::parse(Json::from(members).to_string().as_bytes())?.read(read)
    }

    /// What was typed, to be shown again beside what is wrong with it.
    pub(super) fn typed(&self) -> Json {
        let shown = self.0.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
        Json::Object(shown.map(|(name, value)| (name.clone(), value.clone().into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_form_is_refused() {
        for bytes in [&b"a=%ff"[..], b"a=\xff", b"a=1&a=2", b"a=1&%61=2"] {
            assert_eq!(Form::parse(bytes).unwrap_err().code(), &codes::MALFORMED_BODY, "{bytes:?}");
        }
        let mut form = Form::parse("a=1+2%2B3&ü=%C3%A4&empty=&password=secret&half=50%".as_bytes()).unwrap();
        assert_eq!(form.typed(), serde_json::json!({ "a": "1 2+3", "ü": "ä", "empty": "", "half": "50%" }));
        assert_eq!(
            (form.take("a").as_deref(), form.take("a"), form.take("empty")),
            (Some("1 2+3"), None, None)
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(form) = Form::parse(&bytes) {
                form.typed();
                form.read::<serde_json::Map<String, Json>, _>(Ok).ok();
            }
        }
    }
}
