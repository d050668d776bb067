//! `manifest.json`, the first file of every archive: what the archive holds and who made it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::{DATABASE, FILES, KEYS};
use crate::base::Timestamp;
use crate::db::backup::newest_schema_step;
use crate::files::ObjectName;

/// The layout of archives that this program writes, and the newest that it reads.
const FORMAT: u32 = 1;

/// What an archive holds and who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of the archive.
    pub format: u32,
    /// The version of Portcullis that made it.
    pub version: String,
    /// Its database's engine, such as `SQLite`.
    pub engine: String,
    /// The newest step of the schema in its database; none when the database is not in it.
    pub schema_step: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Every other file in it, in the order of the archive.
    pub members: Vec<Member>,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// The part that every layout has, so that a newer one can be refused by name.
#[derive(Deserialize)]
struct Opening {
    format: u32,
    version: String,
}

impl Manifest {
    /// Describes the files of `folder`: the database first, the others by name.
    pub(super) fn of(
        folder: &Path,
        engine: &str,
        schema_step: Option<i64>,
        created_at: Timestamp,
    ) -> io::Result<Self> {
        let mut members = Vec::new();
        list(folder, "", &mut members)?;
        members.sort_by_key(|member| (member.name != DATABASE, member.name.clone()));
        Ok(Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: engine.to_owned(),
            schema_step,
            created_at,
            members,
        })
    }

    /// Reads a manifest of an archive that this program can use.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let unreadable = |error: serde_json::Error| format!("Its manifest.json cannot be read: {error}.");
        let Opening { format, version } = serde_json::from_slice(text).map_err(unreadable)?;
        if format > FORMAT || is_newer(&version, env!("CARGO_PKG_VERSION")) {
            return Err(format!(
                "It was made by Portcullis {version}, which is newer than this program ({}). Restore it with that \
                 version or a later one.",
                env!("CARGO_PKG_VERSION")
            ));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(unreadable)?;
        if let Some(step) = manifest.schema_step.filter(|step| *step > newest_schema_step()) {
            return Err(format!(
                "Its database has step {step} of the schema, and this program knows {} only. Restore it with a newer \
                 version of Portcullis.",
                newest_schema_step()
            ));
        }
        match manifest.members.iter().find(|member| !belongs(&member.name)) {
            Some(member) => Err(format!("Its file {:?} does not belong into a data folder.", member.name)),
            None => Ok(manifest),
        }
    }

    /// The bytes of all files together.
    pub fn size(&self) -> u64 {
        self.members.iter().fold(0, |size, member| size.saturating_add(member.size))
    }
}

fn list(folder: &Path, prefix: &str, members: &mut Vec<Member>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), members)?;
        } else {
            let (size, sha256) = checksum(&mut File::open(entry.path())?)?;
            members.push(Member { name, size, sha256 });
        }
    }
    Ok(())
}

fn checksum(file: &mut impl Read) -> io::Result<(u64, String)> {
    let mut sum = Checksum::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(sum.finish()),
            read => sum.update(&buffer[..read]),
        }
    }
}

/// Length and SHA-256 of what goes by.
pub(super) struct Checksum {
    size: u64,
    context: Context,
}

impl Checksum {
    pub(super) fn new() -> Self {
        Self { size: 0, context: Context::new(&SHA256) }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.context.update(bytes);
    }

    pub(super) fn finish(self) -> (u64, String) {
        let sum = self.context.finish();
        let text = sum.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        (self.size, text)
    }
}

/// Whether a file of this name is one that backups are made of. A forged archive must not place any other: neither
/// outside of the data folder nor among the names that mean something there.
fn belongs(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let object = name.strip_prefix(FILES).and_then(|rest| rest.strip_prefix('/'));
    name == DATABASE
        || object.is_some_and(|object| ObjectName::of_path(object).is_some())
        || name
            .strip_prefix(KEYS)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|key| !key.starts_with('.') && !key.is_empty() && key.chars().all(is_plain))
}

/// Whether a version of three numbers is newer than another; what is no number counts as 0.
fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let numbers = text.split(['-', '+']).next().unwrap_or_default();
        numbers.split('.').map(|number| number.parse().unwrap_or_default()).collect()
    };
    numbers(version) > numbers(than)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(change: impl FnOnce(&mut serde_json::Value)) -> Result<Manifest, String> {
        let mut text = json!({
            "format": 1, "version": env!("CARGO_PKG_VERSION"), "engine": "SQLite", "schema_step": 1,
            "created_at": "2026-11-21T12:00:00Z",
            "members": [{ "name": "keys/a.json", "size": 1, "sha256": "00" }],
        });
        change(&mut text);
        Manifest::read(text.to_string().as_bytes())
    }

    #[test]
    fn what_is_newer_is_refused_by_name() {
        assert!(read(|_| {}).is_ok());
        assert!(read(|text| text["version"] = json!("0.0.9")).is_ok());
        let newer = [("format", json!(2)), ("version", json!("999.0.0")), ("schema_step", json!(10_000))];
        for (field, value) in newer {
            let error = read(|text| text[field] = value).unwrap_err();
            assert!(error.contains("newer") && error.contains("estore it with"), "{field}: {error}");
        }
        // A newer layout may look different altogether.
        let error = Manifest::read(br#"{"format": 2, "version": "9.1.0", "files": {}}"#).unwrap_err();
        assert!(error.contains("made by Portcullis 9.1.0"), "{error}");
    }

    #[test]
    fn only_files_that_belong_into_a_data_folder_are_named() {
        let object = "originals/0123456789abcdef0123456789abcdef.jpg";
        for name in ["database.db", &format!("files/{object}")] {
            assert!(read(|text| text["members"][0]["name"] = json!(name)).is_ok(), "{name}");
        }
        let others = [
            object,
            "files",
            "files/",
            "files/x",
            "files/originals/x.jpg",
            "files/originals/../0123456789abcdef0123456789abcdef.jpg",
            "/etc/passwd",
            "../x",
            "keys/../../x",
            "keys/..",
            "keys/",
            "keys",
            "",
            ".",
            "server.lock",
            "restored/x",
            "keys/a/b",
            "keys/\u{1b}[2J",
            "keys/.x",
        ];
        for name in others {
            let error = read(|text| text["members"][0]["name"] = json!(name)).unwrap_err();
            assert!(error.contains("does not belong"), "{name:?}: {error}");
            assert!(!error.contains('\u{1b}'), "{error:?}");
        }
    }

    #[test]
    fn sizes_beyond_all_measure_are_no_fault() {
        let forged = read(|text| {
            let member = json!({ "name": "database.db", "size": u64::MAX, "sha256": "00" });
            text["members"].as_array_mut().unwrap().push(member);
        });
        assert_eq!(forged.unwrap().size(), u64::MAX);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(
            is_newer("0.10.0", "0.9.9") && is_newer("1.0.0", "0.99.0") && is_newer("1.0.1-rc.1", "1.0.0")
        );
        assert!(!is_newer("0.9.9", "0.9.9") && !is_newer("0.9.9", "0.10.0"));
    }
}
