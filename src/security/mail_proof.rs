//! Proofs that a mail was read: a token for its link, and a short code to type. Both are MACs over what the mail is about
//! and its row's id, so they stand in no database, and a mail about one thing proves nothing else.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::{KeyRing, KeySet, Mac};
use crate::base::Id;

const ID: usize = 16;
/// Crockford's: no letter looks like a digit or another letter.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE: usize = 8;

/// The token of a mail: its id and a MAC, 64 characters.
pub fn token(keys: &KeyRing, purpose: &str, id: Id) -> String {
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(keys.current().mail.tag(&parts("token", purpose, &id)));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The mail that a token of this purpose proves. Nothing is looked up for one that is forged.
pub fn open(keys: &KeyRing, purpose: &str, token: &str) -> Option<Id> {
    let bytes: [u8; ID + Mac::BYTES] = BASE64_URL_SAFE_NO_PAD.decode(token.trim()).ok()?.try_into().ok()?;
    let (id, tag) = bytes.split_first_chunk::<ID>()?;
    let id = Id::from_bytes(*id);
    keys.all().iter().any(|(set, _)| set.mail.verify(&parts("token", purpose, &id), tag)).then_some(id)
}

/// The code of a mail, such as `K7QM-3XTD`: 40 bits, which is why few tries are allowed.
pub fn code(keys: &KeyRing, purpose: &str, id: Id) -> String {
    let code = code_by(&keys.current(), purpose, id);
    let text = String::from_utf8_lossy(&code);
    format!("{}-{}", &text[..CODE / 2], &text[CODE / 2..])
}

/// Whether somebody typed the code of this mail: in any case, with or without its dash.
pub fn is_code(keys: &KeyRing, purpose: &str, id: Id, typed: &str) -> bool {
    let plain = typed.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-').take(CODE + 1);
    let plain: Vec<u8> = plain
        .map(|byte| match byte.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            other => other,
        })
        .collect();
    keys.all().iter().any(|(set, _)| bool::from(code_by(set, purpose, id).ct_eq(&plain)))
}

fn code_by(set: &KeySet, purpose: &str, id: Id) -> [u8; CODE] {
    let tag = set.mail.tag(&parts("code", purpose, &id));
    // 256 is a multiple of 32: every character is as likely as any other.
    std::array::from_fn(|place| ALPHABET[usize::from(tag[place]) % ALPHABET.len()])
}

fn parts<'a>(form: &'a str, purpose: &'a str, id: &'a Id) -> [&'a [u8]; 5] {
    [form.as_bytes(), b"\0", purpose.as_bytes(), b"\0", id.as_bytes()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SystemRandomness, Timestamp};

    fn ring() -> KeyRing {
        KeyRing::unwritten(&SystemRandomness, Timestamp::from_millis(0)).unwrap()
    }

    const MAIL: Id = Id::from_bytes([7; 16]);

    #[test]
    fn a_token_proves_one_mail_for_one_purpose_on_one_server() {
        let (ours, theirs) = (ring(), ring());
        let made = token(&ours, "reset", MAIL);
        assert_eq!(made.len(), 64);
        assert_eq!(open(&ours, "reset", &made), Some(MAIL));
        assert_eq!(open(&ours, "reset", &format!(" {made}\n")), Some(MAIL));
        assert_eq!(open(&ours, "verify", &made), None);
        assert_eq!(open(&theirs, "reset", &made), None);
        assert_eq!(open(&ours, "reset", ""), None);
        for place in 0..made.len() {
            let mut forged = made.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&ours, "reset", &String::from_utf8(forged).unwrap()), None, "{place}");
        }
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let (ours, theirs) = (ring(), ring());
        let made = code(&ours, "reset", MAIL);
        assert_eq!(made.len(), 9);
        let lower = made.to_lowercase().replace('-', " ");
        for typed in [&made, &lower, &made.replace('-', ""), &made.replace('0', "o").replace('1', "l")] {
            assert!(is_code(&ours, "reset", MAIL, typed), "{typed}");
        }
        assert!(!is_code(&ours, "verify", MAIL, &made));
        assert!(!is_code(&theirs, "reset", MAIL, &made));
        assert!(!is_code(&ours, "reset", Id::from_bytes([8; 16]), &made));
        for typed in ["", "-", &made[..8], &format!("{made}A")] {
            assert!(!is_code(&ours, "reset", MAIL, typed), "{typed:?}");
        }
    }
}
