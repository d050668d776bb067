//! Sealing key sets for a shared database: AES-256-GCM (NIST SP 800-38D) under a key derived from the operator's master
//! key. Whoever reads the database alone learns nothing; whoever changes a sealed set is noticed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretString};

use crate::base::Randomness;

/// The shortest master key, in bytes.
pub const SHORTEST: usize = 32;
const KEY: usize = 32;

/// What seals and opens key sets.
pub struct MasterKey(LessSafeKey);

impl MasterKey {
    /// From the configured text.
    ///
    /// # Errors
    /// A sentence when it is shorter than 32 bytes.
    pub fn new(text: &SecretString) -> Result<Self, String> {
        let text = text.expose_secret().trim();
        if text.len() < SHORTEST {
            return Err(format!(
                "The master key (keys.master_key or keys.master_key_file) has {} bytes; it needs at least {SHORTEST}. \
                 Make one with: openssl rand -base64 48",
                text.len()
            ));
        }
        let mut key = [0; KEY];
        Salt::new(HKDF_SHA256, b"portcullis")
            .extract(text.as_bytes())
            .expand(&[b"key set sealing"], HKDF_SHA256)
            .and_then(|expanded| expanded.fill(&mut key))
            .map_err(|_| "The master key cannot be used.".to_owned())?;
        UnboundKey::new(&AES_256_GCM, &key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| "The master key cannot be used.".to_owned())
    }

    /// Seals `plain` for the set `id`: nonce, ciphertext and tag. Nonces are random; a master key seals a few sets in its
    /// life, far from the bound for random nonces.
    pub fn seal(&self, id: &str, plain: &[u8], random: &dyn Randomness) -> Vec<u8> {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(id.as_bytes()),
                &mut sealed,
            )
            .expect("AES-GCM seals any short text");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what was sealed for the set `id`; `None` for another master key, another set or a changed byte.
    pub fn open(&self, id: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = ciphertext.to_vec();
        let opened =
            self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(id.as_bytes()), &mut plain);
        let length = opened.ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SystemRandomness;

    fn key(text: &str) -> MasterKey {
        MasterKey::new(&SecretString::from(text)).unwrap()
    }

    #[test]
    fn only_the_same_master_key_opens_only_the_same_set() {
        let (ours, theirs) = (key(&"a".repeat(32)), key(&"b".repeat(32)));
        let sealed = ours.seal("set", b"secret", &SystemRandomness);
        assert_eq!(ours.open("set", &sealed).as_deref(), Some(b"secret".as_slice()));
        assert_eq!(theirs.open("set", &sealed), None);
        assert_eq!(ours.open("other", &sealed), None);
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(ours.open("set", &changed), None, "byte {place}");
        }
        assert_eq!(ours.open("set", b"short"), None);
    }

    #[test]
    fn a_short_master_key_is_refused_by_name() {
        let error = MasterKey::new(&SecretString::from("short")).err().unwrap();
        assert!(error.contains("keys.master_key") && !error.contains("short;"), "{error}");
    }
}
