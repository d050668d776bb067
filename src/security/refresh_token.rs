//! Refresh tokens: opaque to clients; version, key set, session and counter under a MAC.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::{KeyId, KeyRing, KeySet, Mac};
use crate::base::Id;

const VERSION: u8 = 1;
const KEY_ID: usize = KeyId::BYTES;
const BODY: usize = 1 + KEY_ID + 16 + 8;
const WHOLE: usize = BODY + Mac::BYTES;

/// What a refresh token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Which session it refreshes.
    pub session: Id,
    /// How many refreshes came before it.
    pub counter: u64,
}

impl RefreshToken {
    /// The token as a client keeps it, 87 characters, authenticated by this key set.
    pub fn seal(&self, set: &KeySet) -> String {
        let mut bytes = Vec::with_capacity(WHOLE);
        bytes.push(VERSION);
        bytes.extend(set.id.to_bytes());
        bytes.extend(self.session.as_bytes());
        bytes.extend(self.counter.to_be_bytes());
        let tag = set.refresh.tag(&[&bytes]);
        bytes.extend(tag);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a token. Nothing inside is believed, and nothing looked up, unless the MAC is right.
    pub fn open(text: &str, keys: &KeyRing) -> Option<Self> {
        if text.len() > 2 * WHOLE {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, tag) = bytes.split_at_checked(BODY)?;
        if tag.len() != Mac::BYTES || body[0] != VERSION {
            return None;
        }
        let key_id = KeyId::from_bytes(body[1..=KEY_ID].try_into().ok()?);
        if !keys.find(key_id)?.refresh.verify(&[body], tag) {
            return None;
        }
        let session = Id::from_bytes(body[1 + KEY_ID..1 + KEY_ID + 16].try_into().ok()?);
        let counter = u64::from_be_bytes(body[1 + KEY_ID + 16..].try_into().ok()?);
        Some(Self { session, counter })
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

    #[test]
    fn a_token_of_another_server_is_refused() {
        let (ours, theirs) = (ring(), ring());
        let token = RefreshToken { session: Id::from_bytes([7; 16]), counter: 3 };
        assert_eq!(RefreshToken::open(&token.seal(&ours.current()), &ours), Some(token));
        assert_eq!(RefreshToken::open(&token.seal(&theirs.current()), &ours), None);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let keys = ring();
        let sealed =
            RefreshToken { session: Id::from_bytes([7; 16]), counter: u64::MAX }.seal(&keys.current());
        assert_eq!(sealed.len(), 87);
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(
                RefreshToken::open(&BASE64_URL_SAFE_NO_PAD.encode(changed), &keys),
                None,
                "byte {place}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_text_is_taken_or_makes_it_panic(text in "\\PC{0,200}") {
            let keys = ring();
            prop_assert_eq!(RefreshToken::open(&text, &keys), None);
        }

        #[test]
        fn what_is_sealed_opens(session in any::<[u8; 16]>(), counter in any::<u64>()) {
            let keys = ring();
            let token = RefreshToken { session: Id::from_bytes(session), counter };
            prop_assert_eq!(RefreshToken::open(&token.seal(&keys.current()), &keys), Some(token));
        }
    }
}
