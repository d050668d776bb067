//! Key sets: one Ed25519 signing key and one MAC secret, made, rotated and revoked together under one id.
//!
//! The keys stand in files of the data folder that only their owner can read; the database knows ids and states.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Serialize};

use super::Mac;
use crate::base::{Randomness, Timestamp};

/// What a key set may still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Signs new tokens.
    Current,
}

impl KeyState {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
        }
    }
}

/// The file of a key set.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id: String,
    created_at: Timestamp,
    /// PKCS #8 of the Ed25519 key (RFC 8410), base64.
    signing_key: String,
    /// 32 random bytes, base64: refresh tokens, cursors and the like are derived from it.
    mac_secret: String,
}

/// The keys of one set, ready to use.
pub struct KeySet {
    /// The id, `kid` in tokens: 16 hexadecimal digits.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    signing: Ed25519KeyPair,
    /// What every token of this set begins with.
    header: String,
    /// Verifies access tokens.
    pub verifying: DecodingKey,
    /// The public key (32 bytes), for the key set document.
    pub public: Vec<u8>,
    /// Authenticates refresh tokens.
    pub refresh: Mac,
    /// Authenticates cursors.
    pub cursor: Mac,
    /// Fingerprints the bodies of repeatable requests.
    pub idempotency: Mac,
}

impl KeySet {
    fn from_file(file: &KeyFile) -> Result<Self, String> {
        let read = |text: &str| BASE64_STANDARD.decode(text).map(|bytes| SecretBox::new(Box::new(bytes)));
        let signing = read(&file.signing_key).map_err(|_| "signing_key is not base64".to_owned())?;
        let mac = read(&file.mac_secret).map_err(|_| "mac_secret is not base64".to_owned())?;
        if mac.expose_secret().len() < 32 {
            return Err("mac_secret is shorter than 32 bytes".into());
        }
        let pair = Ed25519KeyPair::from_pkcs8(signing.expose_secret())
            .map_err(|_| "signing_key is not an Ed25519 key in PKCS #8".to_owned())?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self {
            id: file.id.clone(),
            created_at: file.created_at,
            header: BASE64_URL_SAFE_NO_PAD
                .encode(format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{}"}}"#, file.id)),
            verifying: DecodingKey::from_ed_der(&public),
            refresh: Mac::derive(mac.expose_secret(), "refresh token"),
            cursor: Mac::derive(mac.expose_secret(), "cursor"),
            idempotency: Mac::derive(mac.expose_secret(), "idempotency key"),
            public,
            signing: pair,
        })
    }

    /// A signed token with these claims (RFC 7515, compact form). The pair is parsed once and the header written once:
    /// jsonwebtoken does both for every token.
    pub fn sign(&self, claims: &[u8]) -> String {
        let mut token = String::with_capacity(512);
        token.push_str(&self.header);
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self.signing.sign(token.as_bytes());
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }

    /// The public key as a JSON Web Key (RFC 8037).
    pub fn public_jwk(&self) -> serde_json::Value {
        serde_json::json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id, "x": BASE64_URL_SAFE_NO_PAD.encode(&self.public),
        })
    }
}

/// All key sets of this server. The set that is current signs; every set in the ring verifies.
pub struct KeyRing {
    folder: PathBuf,
    sets: RwLock<Sets>,
}

struct Sets {
    current: Arc<KeySet>,
    by_id: HashMap<String, Arc<KeySet>>,
}

impl KeyRing {
    /// Loads the sets from `folder`, or makes the folder (mode 0700) and a first set (mode 0600). `known` are the sets
    /// that the database knows: one whose file is missing is refused, because its tokens would be refused for no reason
    /// that anybody could see, and then nothing is made.
    ///
    /// # Errors
    /// A sentence for the operator that names the file.
    pub fn open(
        folder: &Path,
        known: &[String],
        random: &dyn Randomness,
        now: Timestamp,
    ) -> Result<Self, String> {
        let failed =
            |what: &str, error: &dyn std::fmt::Display| format!("{what} {}: {error}.", folder.display());
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| failed("Cannot make the key folder", &error))?;
        let mut sets = read_all(folder)?;
        if let Some(lost) = known.iter().find(|id| !sets.iter().any(|set| set.id == **id)) {
            let folder = folder.display();
            return Err(format!(
                "The database knows the key set {lost}, but {folder} has no file for it. Put {lost}.json back from a backup."
            ));
        }
        if sets.is_empty() {
            sets.push(make(folder, random, now).map_err(|error| failed("Cannot write a key into", &error))?);
        }
        sets.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let current = Arc::clone(sets.last().expect("at least one set was made"));
        let by_id = sets.into_iter().map(|set| (set.id.clone(), set)).collect();
        Ok(Self { folder: folder.to_owned(), sets: RwLock::new(Sets { current, by_id }) })
    }

    /// The set that signs.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.sets.read().unwrap_or_else(PoisonError::into_inner).current)
    }

    /// The set of this id, if it may still verify.
    pub fn find(&self, id: &str) -> Option<Arc<KeySet>> {
        self.sets.read().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    /// Every set that verifies, oldest first.
    pub fn all(&self) -> Vec<Arc<KeySet>> {
        let sets = self.sets.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = sets.by_id.values().cloned().collect();
        all.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        all
    }

    /// Where the key files stand.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn read_all(folder: &Path) -> Result<Vec<Arc<KeySet>>, String> {
    let cannot = |path: &Path, why: &dyn std::fmt::Display| {
        format!("The key file {} cannot be used: {why}.", path.display())
    };
    let mut sets = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| cannot(folder, &error))? {
        let path = entry.map_err(|error| cannot(folder, &error))?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let mode = fs::metadata(&path).map_err(|error| cannot(&path, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(file = %path.display(), "this key file can be read by others; run: chmod 600");
        }
        let text = fs::read_to_string(&path).map_err(|error| cannot(&path, &error))?;
        let file: KeyFile = serde_json::from_str(&text).map_err(|error| cannot(&path, &error))?;
        sets.push(Arc::new(KeySet::from_file(&file).map_err(|why| cannot(&path, &why))?));
    }
    Ok(sets)
}

fn make(folder: &Path, random: &dyn Randomness, now: Timestamp) -> Result<Arc<KeySet>, String> {
    let seed = SecretBox::new(Box::new(random.bytes::<32>()));
    let pair =
        Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()).map_err(|error| error.to_string())?;
    let document = pair.to_pkcs8v1().map_err(|error| error.to_string())?;
    let id = random.bytes::<8>().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let file = KeyFile {
        id: id.clone(),
        created_at: now,
        signing_key: BASE64_STANDARD.encode(document.as_ref()),
        mac_secret: BASE64_STANDARD.encode(random.bytes::<32>()),
    };
    let set = KeySet::from_file(&file)?;
    let text = serde_json::to_string_pretty(&file).map_err(|error| error.to_string())?;
    write_private(&folder.join(format!("{id}.json")), text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(Arc::new(set))
}

/// Writes a file that only its owner can read, whole or not at all: beside it first, flushed, then moved.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file =
        fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
