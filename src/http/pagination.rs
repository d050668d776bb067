//! Lists: `?limit=`, `?cursor=`, `?total=true`, and the page around the items.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

use super::Query;
use crate::base::{Direction, Error, Page, PageRequest, Position, Result, SortValue, codes};
use crate::security::{KeyId, KeyRing, Mac};

const DEFAULT_LIMIT: u32 = 20;
const LARGEST_LIMIT: u32 = 100;
const TAG: usize = 16;
const NUMBER: u8 = b'n';
const TEXT: u8 = b't';

/// The list a cursor belongs to: whose, which, and in what order. A cursor of another list is refused.
#[derive(Clone, Debug)]
pub struct CursorScope(String);

impl CursorScope {
    /// The scope of one account's list `name`, narrowed and sorted as `parts` say.
    pub fn new(account: i64, name: &str, parts: &[&str]) -> Self {
        let mut scope = format!("{account}\n{name}");
        for part in parts {
            write!(scope, "\n{}:{part}", part.len()).expect("writing to a String cannot fail");
        }
        Self(scope)
    }

    /// A position as an opaque text.
    pub fn seal(&self, position: &Position, keys: &KeyRing) -> String {
        let set = keys.current();
        let mut bytes = set.id.to_bytes().to_vec();
        bytes.extend(position.key.to_be_bytes());
        match &position.sort {
            SortValue::Number(number) => {
                bytes.push(NUMBER);
                bytes.extend(number.to_be_bytes());
            }
            SortValue::Text(text) => {
                bytes.push(TEXT);
                bytes.extend(text.as_bytes());
            }
        }
        let tag: [u8; Mac::BYTES] = set.cursor.tag(&[self.0.as_bytes(), b"\0", &bytes]);
        bytes.extend(&tag[..TAG]);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor of this list.
    ///
    /// # Errors
    /// `cursor.invalid` for a forged, foreign or damaged one.
    pub fn open(&self, text: &str, keys: &KeyRing) -> Result<Position> {
        self.read(text, keys).ok_or_else(|| {
            Error::new(&codes::INVALID_CURSOR).with_field("cursor", "invalid", codes::INVALID_CURSOR.meaning)
        })
    }

    fn read(&self, text: &str, keys: &KeyRing) -> Option<Position> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG)?)?;
        let (key_id, rest) = body.split_at_checked(KeyId::BYTES)?;
        let set = keys.find(KeyId::from_bytes(key_id.try_into().ok()?))?;
        if !set.cursor.verify(&[self.0.as_bytes(), b"\0", body], tag) {
            return None;
        }
        let (key, sort) = rest.split_at_checked(8)?;
        let sort = match sort.split_first()? {
            (&NUMBER, number) => SortValue::Number(i64::from_be_bytes(number.try_into().ok()?)),
            (&TEXT, text) => SortValue::Text(String::from_utf8(text.to_vec()).ok()?),
            _ => return None,
        };
        Some(Position { sort, key: i64::from_be_bytes(key.try_into().ok()?) })
    }
}

/// The parameters that every list takes.
#[derive(Debug)]
pub struct PageParameters {
    limit: u32,
    cursor: Option<String>,
    total: bool,
}

impl PageParameters {
    /// Takes them out of the query.
    pub fn take(query: &mut Query) -> Self {
        Self {
            limit: query.number("limit", 1..=LARGEST_LIMIT).unwrap_or(DEFAULT_LIMIT),
            cursor: query.text("cursor"),
            total: query.truth("total").unwrap_or(false),
        }
    }

    /// The page asked for.
    ///
    /// # Errors
    /// `cursor.invalid`.
    pub fn open(self, scope: &CursorScope, keys: &KeyRing) -> Result<PageRequest> {
        let after = self.cursor.map(|cursor| scope.open(&cursor, keys)).transpose()?;
        Ok(PageRequest { limit: self.limit, after, total: self.total })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListView<T> {
    /// The items, in order.
    items: Vec<T>,
    /// Give it as `?cursor=` to get the next page; `null` when this is the last.
    #[schema(required)]
    next_cursor: Option<String>,
    /// How many items match in all; only with `?total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<i64>,
}

impl<T> ListView<T> {
    /// The page on the wire.
    pub fn new<M>(page: Page<M>, scope: &CursorScope, keys: &KeyRing, view: impl Fn(M) -> T) -> Self {
        Self {
            next_cursor: page.next.as_ref().map(|position| scope.seal(position, keys)),
            total: page.total,
            items: page.items.into_iter().map(view).collect(),
        }
    }
}

impl Direction {
    /// The word of this direction in a cursor's scope.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SystemRandomness, Timestamp};
    use proptest::prelude::*;

    fn ring() -> KeyRing {
        KeyRing::unwritten(&SystemRandomness, Timestamp::from_millis(0)).unwrap()
    }

    fn position() -> impl Strategy<Value = Position> {
        let sort =
            prop_oneof![any::<i64>().prop_map(SortValue::Number), "\\PC{0,40}".prop_map(SortValue::Text),];
        (sort, any::<i64>()).prop_map(|(sort, key)| Position { sort, key })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_cursor_opens_in_its_own_list_only(position in position(), account in 0..3_i64, other in 0..3_i64) {
            let keys = ring();
            let sealed = CursorScope::new(account, "tasks", &["title"]).seal(&position, &keys);
            let opened = CursorScope::new(other, "tasks", &["title"]).open(&sealed, &keys).ok();
            prop_assert_eq!(opened, (account == other).then_some(position));
            prop_assert!(CursorScope::new(account, "tasks", &["created_at"]).open(&sealed, &keys).is_err());
        }

        #[test]
        fn no_text_opens_or_makes_it_panic(text in "\\PC{0,120}") {
            let keys = ring();
            prop_assert!(CursorScope::new(1, "tasks", &[]).open(&text, &keys).is_err());
        }

        #[test]
        fn a_changed_byte_is_noticed(position in position(), place in any::<prop::sample::Index>()) {
            let keys = ring();
            let scope = CursorScope::new(1, "tasks", &[]);
            let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(scope.seal(&position, &keys)).unwrap();
            let place = place.index(bytes.len());
            bytes[place] ^= 1;
            prop_assert!(scope.open(&BASE64_URL_SAFE_NO_PAD.encode(bytes), &keys).is_err());
        }
    }
}
