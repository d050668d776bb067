//! What a form carries to show that we showed it, and to whom: a MAC over the session, or over the browser's mark.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::base::{Id, Randomness};
use crate::security::KeyRing;

const HALF: usize = 16;

/// To whom a form is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// Whoever holds this session.
    ToSession(Id),
    /// The browser with this mark, signed in or not.
    ToVisitor([u8; 16]),
}

impl Shown {
    fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::ToSession(id) => [b"session", id.as_bytes()],
            Self::ToVisitor(mark) => [b"visitor", mark],
        }
    }

    /// A token for one answer. It is another text each time, so that nobody can measure it in a compressed page (BREACH).
    pub(super) fn token(&self, keys: &KeyRing, random: &dyn Randomness) -> String {
        let tag = keys.current().form.tag(&self.parts());
        let pad = random.bytes::<HALF>();
        let mut bytes = pad.to_vec();
        bytes.extend(pad.iter().zip(tag).map(|(pad, tag)| pad ^ tag));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether a token is one of these.
    pub(super) fn fits(&self, token: &str, keys: &KeyRing) -> bool {
        let Ok(bytes) = BASE64_URL_SAFE_NO_PAD.decode(token) else { return false };
        let Some((pad, masked)) = bytes.split_at_checked(HALF).filter(|(_, masked)| masked.len() == HALF)
        else {
            return false;
        };
        let tag: Vec<u8> = pad.iter().zip(masked).map(|(pad, masked)| pad ^ masked).collect();
        keys.all().iter().any(|(set, _)| set.form.verify(&self.parts(), &tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SystemRandomness, Timestamp};

    #[test]
    fn a_token_is_of_one_session_or_browser_of_one_server() {
        let ring = || KeyRing::unwritten(&SystemRandomness, Timestamp::from_millis(0)).unwrap();
        let (ours, theirs) = (ring(), ring());
        let session = Shown::ToSession(Id::from_bytes([7; 16]));
        let token = session.token(&ours, &SystemRandomness);
        assert!(session.fits(&token, &ours));
        assert_ne!(session.token(&ours, &SystemRandomness), token);
        assert!(!session.fits(&token, &theirs));
        for other in [Shown::ToSession(Id::from_bytes([8; 16])), Shown::ToVisitor([7; 16])] {
            assert!(!other.fits(&token, &ours), "{other:?}");
        }
        for place in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            assert!(!session.fits(&String::from_utf8(forged).unwrap(), &ours), "{place}");
        }
        for short in ["", "AAAA", &token[..22], &format!("{token}AAAA")] {
            assert!(!session.fits(short, &ours), "{short:?}");
        }
    }
}
