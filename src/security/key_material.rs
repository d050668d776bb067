//! The secrets of a key set as they are written down: in a file of the data folder, or sealed in a shared database.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretBox};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyId, KeySet};
use crate::base::{Randomness, Timestamp};

/// The secrets of one key set.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyMaterial {
    /// The set's id.
    pub id: KeyId,
    /// When it was made.
    pub created_at: Timestamp,
    /// PKCS #8 of the Ed25519 key (RFC 8410), base64.
    pub signing_key: String,
    /// 32 random bytes, base64: refresh tokens, cursors and the like are derived from it.
    pub mac_secret: String,
}

impl Drop for KeyMaterial {
    fn drop(&mut self) {
        self.signing_key.zeroize();
        self.mac_secret.zeroize();
    }
}

impl KeyMaterial {
    /// A new set.
    pub fn make(random: &dyn Randomness, now: Timestamp) -> Result<Self, String> {
        let seed = SecretBox::new(Box::new(random.bytes::<32>()));
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed.expose_secret()).map_err(|error| error.to_string())?;
        let document = pair.to_pkcs8v1().map_err(|error| error.to_string())?;
        Ok(Self {
            id: KeyId::from_bytes(random.bytes()),
            created_at: now,
            signing_key: BASE64_STANDARD.encode(document.as_ref()),
            mac_secret: BASE64_STANDARD.encode(random.bytes::<32>()),
        })
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts are JSON")
    }

    /// What [`Self::to_json`] wrote, if its secrets can be used: whoever reads it knows which file to name.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let material = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        KeySet::from_material(&material)?;
        Ok(material)
    }
}

/// The folder of key files: mode 0700, its files 0600.
pub(super) struct KeyFolder(PathBuf);

impl KeyFolder {
    /// Opens the folder, or makes it.
    pub fn open(path: &Path) -> Result<Self, String> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| format!("The key folder {} cannot be made: {error}.", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// All sets in the folder, oldest first.
    pub fn read(&self) -> Result<Vec<KeyMaterial>, String> {
        let mut sets = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(|error| cannot_use(&self.0, &error))? {
            let path = entry.map_err(|error| cannot_use(&self.0, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                sets.push(read_file(&path)?);
            }
        }
        sets.sort_by_key(|set| (set.created_at, set.id));
        Ok(sets)
    }

    /// The set of this id, if its file is here.
    pub fn find(&self, id: KeyId) -> Result<Option<KeyMaterial>, String> {
        let path = self.file(id);
        if !path.try_exists().map_err(|error| cannot_use(&path, &error))? {
            return Ok(None);
        }
        let set = read_file(&path)?;
        if set.id != id {
            return Err(cannot_use(&path, &format!("it holds the set {}", set.id)));
        }
        Ok(Some(set))
    }

    /// Removes a set's file; whether there was one.
    pub fn remove(&self, id: KeyId) -> Result<bool, String> {
        let path = self.file(id);
        match fs::remove_file(&path) {
            Ok(()) => sync_folder_of(&path).map(|()| true).map_err(|error| cannot_remove(&path, &error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(cannot_remove(&path, &error)),
        }
    }

    fn file(&self, id: KeyId) -> PathBuf {
        self.0.join(format!("{id}.json"))
    }

    /// Writes a set's file, whole or not at all: beside it first, flushed, then moved.
    pub fn write(&self, set: &KeyMaterial) -> Result<(), String> {
        let path = self.file(set.id);
        write_private(&path, set.to_json().as_bytes())
            .map_err(|error| format!("The key file {} cannot be written: {error}.", path.display()))
    }
}

fn read_file(path: &Path) -> Result<KeyMaterial, String> {
    let mode = fs::metadata(path).map_err(|error| cannot_use(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %path.display(), "this key file can be read by others; run: chmod 600");
    }
    let json = Zeroizing::new(fs::read(path).map_err(|error| cannot_use(path, &error))?);
    KeyMaterial::from_json(&json).map_err(|why| cannot_use(path, &why))
}

fn cannot_use(path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("The key file {} cannot be used: {why}.", path.display())
}

fn cannot_remove(path: &Path, why: &dyn std::fmt::Display) -> String {
    format!("The key file {} cannot be removed: {why}.", path.display())
}

fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file =
        fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder_of(path)
}
