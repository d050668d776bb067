//! The secret that other services verify access tokens with (HS256, RFC 7518), and what is no secret.
//!
//! Whoever knows the secret can make tokens as well as we: for live sessions whose ids and counters it knows, and for no
//! others, since sessions are looked up all the same.

use aws_lc_rs::hmac;
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretString};

use super::KeySet;
use super::keys::compact;

/// The shortest secret, in bytes: as long as what HMAC-SHA-256 makes of it (RFC 7518, section 3.2).
pub const SHORTEST: usize = 32;
/// What the `kid` of such a token begins with; the id of a key set follows.
pub(super) const KID_PREFIX: &str = "hs256-";

/// How many characters must be left when the words that everybody uses have been taken out, and how many kinds of them.
const LEFT: usize = 16;
const KINDS: usize = 8;

/// Whole secrets out of tutorials and documentation, long enough to pass for some; letters and digits only.
const PUBLISHED: &[&str] = &[
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "404e635266556a586e3272357538782f413f4428472b4b6250645367566b5970",
    "5367566b59703373367639792f423f4528482b4d6251655468576d5a71347437",
    "3cfa76ef14937c1c0ea519f8fc057a80fcd04a7420f8e8bcd0a7567c272e007b",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    "anmphnrgnhxmnjuekdxyy6pywhptqbaf",
];

/// Words of secrets that are none, among them all that the tutorials publish whose clients we serve.
const WORDS: &[&str] = &[
    "yourverylongsecret",
    "asecretkey",
    "mysecretkey",
    "myjwtsecretkey",
    "yoursecretkeyhere",
    "yoursecretkey",
    "thisisasecret",
    "supersecretkey",
    "supersecret",
    "astringsecretatleast256bitslong",
    "your256bitsecret",
    "replacewith",
    "djangoinsecure",
    "accesstoken",
    "refreshtoken",
    "development",
    "production",
    "characters",
    "insecure",
    "changeme",
    "changeit",
    "password",
    "keyboardcat",
    "security",
    "testapi",
    "private",
    "default",
    "example",
    "sample",
    "minimum",
    "replace",
    "signing",
    "signature",
    "letmein",
    "qwertyuiop",
    "qwerty",
    "random",
    "secret",
    "string",
    "please",
    "change",
    "bearer",
    "access",
    "refresh",
    "longer",
    "should",
    "token",
    "admin",
    "flask",
    "super",
    "hello",
    "world",
    "value",
    "least",
    "bytes",
    "must",
    "test",
    "demo",
    "your",
    "this",
    "that",
    "here",
    "long",
    "very",
    "then",
    "than",
    "auth",
    "user",
    "todo",
    "task",
    "book",
    "bits",
    "bit",
    "for",
    "jwt",
    "key",
    "the",
    "and",
    "api",
    "app",
    "dev",
    "foo",
    "bar",
    "baz",
    "abc",
    "not",
    "256",
];

/// A secret in use.
pub struct SharedSecret {
    signing: hmac::Key,
    verifying: DecodingKey,
}

impl SharedSecret {
    /// From the text of `setting`.
    ///
    /// # Errors
    /// A sentence that names the setting: the secret is too short, or one that others know or guess.
    pub fn new(text: &SecretString, setting: &str) -> Result<Self, String> {
        // A file ends with a line's end that is not part of the secret.
        let secret = text.expose_secret().trim_end_matches(['\n', '\r']).as_bytes();
        if let Some(why) = weakness(secret) {
            return Err(format!(
                "The secret in {setting} cannot sign tokens: {why}. Anybody could forge them. Make one with: openssl rand \
                 -base64 48"
            ));
        }
        Ok(Self {
            signing: hmac::Key::new(hmac::HMAC_SHA256, secret),
            verifying: DecodingKey::from_secret(secret),
        })
    }

    /// A signed token of this key set with these claims.
    pub(super) fn sign(&self, set: &KeySet, claims: &[u8]) -> String {
        compact(&set.shared_header, claims, |input| hmac::sign(&self.signing, input))
    }
}

/// The secrets of `tokens.hs256_…`.
#[derive(Default)]
pub struct SharedSecrets {
    /// Signs and verifies; `None`: tokens are signed with EdDSA.
    pub current: Option<SharedSecret>,
    /// Still verifies.
    pub previous: Option<SharedSecret>,
}

impl SharedSecrets {
    pub(super) fn verifying(&self) -> impl Iterator<Item = &DecodingKey> {
        [&self.current, &self.previous].into_iter().flatten().map(|secret| &secret.verifying)
    }
}

/// Why these bytes are no secret; `None` when nothing is known against them.
fn weakness(secret: &[u8]) -> Option<String> {
    if secret.len() < SHORTEST {
        let found = secret.len();
        return Some(format!("it has {found} bytes, and HS256 needs at least {SHORTEST}"));
    }
    if (1..=secret.len() / 2).any(|period| secret.iter().zip(&secret[period..]).all(|(a, b)| a == b)) {
        return Some("it repeats itself".into());
    }
    let steps = secret.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
    if steps * 2 > secret.len() || kinds(secret) < KINDS {
        return Some("it follows a pattern".into());
    }
    let plain: String = String::from_utf8_lossy(secret)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if plain.is_empty() {
        // Bytes that are no text: no tutorial prints those.
        return None;
    }
    let published = PUBLISHED.iter().any(|known| plain.contains(known));
    let mut left = plain;
    for word in WORDS {
        left = left.replace(word, " ");
    }
    let left: Vec<u8> = left.bytes().filter(|byte| *byte != b' ').collect();
    let ours_alone = secret.len() - secret.iter().filter(|byte| byte.is_ascii()).count() + left.len();
    (published || ours_alone < LEFT || kinds(&left) < KINDS).then(|| "it is a well-known one".into())
}

fn kinds(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    fn refusal(secret: &str) -> String {
        SharedSecret::new(&SecretString::from(secret), "tokens.hs256_secret").err().unwrap_or_default()
    }

    #[test]
    fn what_everybody_knows_is_refused_by_the_settings_name() {
        let published =
            ["testapi", "this is a secret", "your secret key", "your-secret-key-here", "myjwtsecretkey"];
        let usual = [
            "secret",
            "your-256-bit-secret",
            "changeme",
            "super-secret",
            "password",
            "jwt_secret_key",
            "dev",
        ];
        for word in published.into_iter().chain(usual) {
            let padded = [
                word.to_owned(),
                word.repeat(32 / word.len() + 1),
                format!("{word:0<40}"),
                format!("{word:!<40}"),
                format!("{word: <40}"),
                format!("{:x>40}", word.to_uppercase()),
                format!("{word}1234567890123456789012345678901234567890"),
                format!("{word}-{word}_please-change-this-in-production"),
            ];
            for secret in padded {
                let why = refusal(&secret);
                assert!(why.contains("tokens.hs256_secret") && why.contains("openssl"), "{secret}: {why}");
                assert!(secret == "secret" || !why.contains(&secret), "{why}");
            }
        }
        for secret in [
            &"a".repeat(32),
            &"ab".repeat(40),
            "0123456789abcdefghijklmnopqrstuvwxyz",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "00000000000000000000000000000001",
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
            "a-string-secret-at-least-256-bits-long",
            "your-very-long-secret-key-must-be-at-least-32-characters-long",
        ] {
            assert!(!refusal(secret).is_empty(), "{secret}");
        }
    }

    #[test]
    fn a_line_end_is_not_part_of_it() {
        let secret = "V7m0Qe2kzT9bXc4LrYw8NsPj5HdGuFa1";
        assert_eq!(refusal(secret), "");
        assert!(refusal(&format!("{}\n\n", &secret[..31])).contains("31 bytes"));
    }

    proptest! {
        /// Whatever `openssl rand` gives is taken, in either form.
        #[test]
        fn random_ones_are_taken(bytes in any::<[u8; 32]>()) {
            prop_assume!(kinds(&bytes) > 24);
            prop_assert_eq!(refusal(&BASE64_STANDARD.encode(bytes)), "");
            let hex = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            prop_assert_eq!(refusal(&hex), "");
        }
    }
}
