//! Message authentication with one purpose a key: HMAC-SHA-256 (RFC 2104), the purpose mixed in by HKDF (RFC 5869).

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;

/// A key that authenticates bytes of one purpose; what was made for one purpose fails at every other.
#[derive(Clone)]
pub struct Mac(hmac::Key);

impl Mac {
    /// How many bytes a full tag has.
    pub const BYTES: usize = 32;

    /// The key of `purpose`, derived from a secret of at least 32 bytes.
    pub fn derive(secret: &[u8], purpose: &str) -> Self {
        let extracted = Salt::new(HKDF_SHA256, b"portcullis").extract(secret);
        let info = [purpose.as_bytes()];
        let mut bytes = [0; Self::BYTES];
        extracted
            .expand(&info, HKDF_SHA256)
            .and_then(|expanded| expanded.fill(&mut bytes))
            .expect("HKDF-SHA-256 gives 32 bytes");
        Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// The tag of the parts, one behind the other.
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; Self::BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        context.sign().as_ref().try_into().expect("HMAC-SHA-256 has 32 bytes")
    }

    /// Whether `tag` is right, in constant time; a tag may be cut to its first 16 bytes or more.
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        let right = self.tag(parts);
        (16..=Self::BYTES).contains(&tag.len())
            && aws_lc_rs::constant_time::verify_slices_are_equal(&right[..tag.len()], tag).is_ok()
    }
}
