//! What the fuzz targets share: keys that live as long as the process, and genuine tokens to damage.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use portcullis::base::{Id, SystemRandomness, Timestamp};
use portcullis::security::KeyRing;

/// The time at which everything here happens.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// An id for accounts and sessions.
pub const ID: [u8; 16] = [7; 16];

/// The id as the code takes it.
pub fn id() -> Id {
    Id::from_bytes(ID)
}

/// A folder of this process, on the disk until the system clears its temporary files.
pub fn folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder can be made").keep()).clone()
}

/// One server's keys.
pub fn keys() -> Arc<KeyRing> {
    static KEYS: OnceLock<Arc<KeyRing>> = OnceLock::new();
    let make = || {
        let keys = KeyRing::unwritten(&SystemRandomness, NOW);
        Arc::new(keys.expect("keys can be made"))
    };
    Arc::clone(KEYS.get_or_init(make))
}

/// The texts that `data` makes: itself, and `genuine` with the bytes of `data` laid over it by exclusive or. Never
/// `genuine` itself.
pub fn forgeries(data: &[u8], genuine: &str) -> Vec<String> {
    let mut damaged = genuine.as_bytes().to_vec();
    for (at, byte) in data.iter().enumerate() {
        let place = at % damaged.len();
        damaged[place] ^= byte;
    }
    let texts = [data, &damaged].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    texts.into_iter().filter(|text| text != genuine).collect()
}
