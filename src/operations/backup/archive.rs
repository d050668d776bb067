//! An archive as a stream: tar, compressed, and encrypted if wished; written and read without ever standing in memory.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use secrecy::SecretString;

use super::Watch;
use super::manifest::{Checksum, Manifest, Member};
use crate::security::age;

const MANIFEST: &str = "manifest.json";
/// The longest manifest that is read.
const MAX_MANIFEST: u64 = 64 * 1024 * 1024;
const BUFFER: usize = 64 * 1024;
/// How every gzip file begins (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Where a passphrase comes from when an archive needs one.
pub(super) type AskPassphrase<'a> = &'a dyn Fn() -> Result<SecretString, String>;

/// Writes the files of `folder` that the manifest names, encrypted if there is a passphrase.
pub(super) fn pack<W: Write>(
    manifest: &Manifest,
    folder: &Path,
    out: W,
    passphrase: Option<&SecretString>,
    watch: &Watch,
) -> io::Result<W> {
    match passphrase {
        None => write(manifest, folder, out, watch),
        Some(passphrase) => write(manifest, folder, age::encrypt(out, passphrase)?, watch)?.finish(),
    }
}

fn write<W: Write>(manifest: &Manifest, folder: &Path, out: W, watch: &Watch) -> io::Result<W> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::fast()));
    let text = serde_json::to_vec_pretty(manifest)?;
    tar.append_data(&mut header(text.len() as u64, manifest), MANIFEST, Cursor::new(text))?;
    let mut done = 0;
    for member in &manifest.members {
        let file = Watched {
            inner: File::open(folder.join(&member.name))?,
            watch,
            stage: "packing",
            done,
            total: manifest.size(),
        };
        tar.append_data(&mut header(member.size, manifest), &member.name, file)?;
        done += member.size;
    }
    tar.into_inner()?.finish()
}

fn header(size: u64, manifest: &Manifest) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_mode(0o600);
    header.set_size(size);
    header.set_mtime(u64::try_from(manifest.created_at.seconds()).unwrap_or_default());
    header
}

/// Unpacks an archive into an empty folder, and holds every file against its checksum.
///
/// # Errors
/// A sentence that begins with `It` or the file that could not be written; the folder may then hold anything.
pub(super) fn unpack(
    input: impl Read,
    ask_passphrase: AskPassphrase<'_>,
    folder: &Path,
    watch: &Watch,
) -> Result<Manifest, String> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut opening = Vec::new();
    input.by_ref().take(age::OPENING.len() as u64).read_to_end(&mut opening).map_err(|e| damaged(&e))?;
    let input = Cursor::new(opening.clone()).chain(input);
    if opening.starts_with(GZIP) {
        return read(input, folder, watch);
    }
    if opening != age::OPENING {
        return Err("It is no archive made by portcullis backup.".into());
    }
    let plain = age::decrypt(input, &ask_passphrase()?).map_err(|error| match error {
        age::Error::WrongPassphrase => "The passphrase does not open it.".to_owned(),
        error => format!("It cannot be opened: {error}."),
    })?;
    read(BufReader::with_capacity(BUFFER, plain), folder, watch)
}

fn read(input: impl BufRead, folder: &Path, watch: &Watch) -> Result<Manifest, String> {
    let mut tar = tar::Archive::new(GzDecoder::new(input));
    // Raw: our names are short, and what a long one stands in is read into memory whole.
    let mut entries = tar.entries().map_err(|error| damaged(&error))?.raw(true);
    let manifest = {
        let mut first = expect_entry(&mut entries, MANIFEST)?;
        let mut text = Vec::new();
        first.by_ref().take(MAX_MANIFEST).read_to_end(&mut text).map_err(|error| damaged(&error))?;
        Manifest::read(&text)?
    };
    let mut done = 0;
    for member in &manifest.members {
        let entry = expect_entry(&mut entries, &member.name)?;
        let entry = Watched { inner: entry, watch, stage: "unpacking", done, total: manifest.size() };
        take_out(entry, member, folder)?;
        done += member.size;
    }
    if entries.next().is_some() {
        return Err("It holds more than its manifest.json says.".into());
    }
    // The checks of the outer layers stand at their ends.
    let mut rest = tar.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(|error| damaged(&error))?;
    let behind = io::copy(&mut rest.into_inner(), &mut io::sink()).map_err(|error| damaged(&error))?;
    if behind > 0 {
        return Err("It goes on behind its end.".into());
    }
    Ok(manifest)
}

fn expect_entry<'a, R: Read>(
    entries: &mut tar::Entries<'a, R>,
    name: &str,
) -> Result<tar::Entry<'a, R>, String> {
    let entry = entries.next().ok_or_else(|| format!("{name} is missing in it."))?;
    let entry = entry.map_err(|error| damaged(&error))?;
    let is_it = entry.header().entry_type().is_file() && *entry.path_bytes() == *name.as_bytes();
    if is_it { Ok(entry) } else { Err(format!("{name} is not where it belongs in it.")) }
}

fn take_out(mut entry: impl Read, member: &Member, folder: &Path) -> Result<(), String> {
    let path = folder.join(&member.name);
    let unwritable = |error: io::Error| format!("{} cannot be written: {error}.", path.display());
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(unwritable)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(unwritable)?;
    let mut sum = Checksum::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = entry.read(&mut buffer).map_err(|error| damaged(&error))?;
        if read == 0 {
            break;
        }
        sum.update(&buffer[..read]);
        file.write_all(&buffer[..read]).map_err(unwritable)?;
    }
    file.sync_all().map_err(unwritable)?;
    if sum.finish() == (member.size, member.sha256.clone()) {
        Ok(())
    } else {
        Err(format!("It is damaged: {} differs from its checksum.", member.name))
    }
}

/// What decoders and decryption find wrong with bytes says nothing to people; what the operating system says does.
fn damaged(error: &io::Error) -> String {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};

    match error.kind() {
        InvalidData | InvalidInput | Other | UnexpectedEof => "It is damaged or cut short.".into(),
        _ => format!("It cannot be read: {error}."),
    }
}

/// Tells the watch what is read.
struct Watched<'a, R> {
    inner: R,
    watch: &'a Watch,
    stage: &'static str,
    done: u64,
    total: u64,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done += read as u64;
        self.watch.at(self.stage, self.done, self.total)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use tempfile::{TempDir, tempdir};

    /// A folder with two files, and what a manifest says of it.
    fn gathered() -> (TempDir, Manifest) {
        let folder = tempdir().unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        std::fs::write(folder.path().join("database.db"), vec![7; 200_000]).unwrap();
        std::fs::write(folder.path().join("keys/a.json"), "{}").unwrap();
        let manifest = Manifest::of(folder.path(), "SQLite", Some(1), Timestamp::from_millis(5)).unwrap();
        (folder, manifest)
    }

    fn packed(folder: &TempDir, manifest: &Manifest, passphrase: Option<&SecretString>) -> Vec<u8> {
        pack(manifest, folder.path(), Vec::new(), passphrase, &Watch::quiet()).unwrap()
    }

    fn unpacked(archive: &[u8], watch: &Watch) -> Result<Manifest, String> {
        unpack(archive, &|| Ok(SecretString::from("open sesame")), tempdir().unwrap().path(), watch)
    }

    #[test]
    fn what_was_packed_is_unpacked_with_and_without_a_passphrase() {
        let (folder, manifest) = gathered();
        let names: Vec<_> = manifest.members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["database.db", "keys/a.json"]);
        let passphrase = SecretString::from("open sesame");
        for passphrase in [None, Some(&passphrase)] {
            let archive = packed(&folder, &manifest, passphrase);
            assert_eq!(unpacked(&archive, &Watch::quiet()).as_ref(), Ok(&manifest));
        }
    }

    #[test]
    fn every_file_is_held_against_its_checksum_and_its_place() {
        type Change = fn(&mut Manifest);
        let changes: [(Change, &str); 3] = [
            (|manifest| manifest.members[1].sha256 = "0".repeat(64), "keys/a.json differs from its checksum"),
            (|manifest| manifest.members.swap(0, 1), "keys/a.json is not where it belongs"),
            (|manifest| drop(manifest.members.pop()), "more than its manifest.json says"),
        ];
        for (change, words) in changes {
            let (folder, manifest) = gathered();
            let mut said = manifest.clone();
            change(&mut said);
            let error = unpacked(&misdescribed(&folder, &manifest, &said), &Watch::quiet()).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }

    /// An archive of one manifest's files under another one's description.
    fn misdescribed(folder: &TempDir, manifest: &Manifest, said: &Manifest) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let text = serde_json::to_vec(said).unwrap();
        tar.append_data(&mut header(text.len() as u64, said), MANIFEST, Cursor::new(text)).unwrap();
        for member in &manifest.members {
            let file = File::open(folder.path().join(&member.name)).unwrap();
            tar.append_data(&mut header(member.size, said), &member.name, file).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn links_folders_and_long_names_are_refused() {
        let (folder, manifest) = gathered();
        for kind in [
            tar::EntryType::Symlink,
            tar::EntryType::Link,
            tar::EntryType::Directory,
            tar::EntryType::Fifo,
            tar::EntryType::GNULongName,
            tar::EntryType::XHeader,
        ] {
            let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
            let text = serde_json::to_vec(&manifest).unwrap();
            tar.append_data(&mut header(text.len() as u64, &manifest), MANIFEST, Cursor::new(text)).unwrap();
            let mut forged = header(0, &manifest);
            forged.set_entry_type(kind);
            forged.set_path("database.db").unwrap();
            forged.set_link_name("/etc/passwd").unwrap();
            forged.set_cksum();
            tar.append(&forged, io::empty()).unwrap();
            let member = File::open(folder.path().join("database.db")).unwrap();
            tar.append_data(&mut header(200_000, &manifest), "database.db", member).unwrap();
            let error = unpacked(&tar.into_inner().unwrap().finish().unwrap(), &Watch::quiet()).unwrap_err();
            assert!(error.contains("database.db is not where it belongs"), "{kind:?}: {error}");
        }
    }

    #[test]
    fn a_changed_bit_is_noticed_wherever_it_means_something() {
        let (folder, manifest) = gathered();
        let archive = packed(&folder, &manifest, None);
        for index in 0..archive.len() {
            let mut flipped = archive.clone();
            flipped[index] ^= 1 << (index % 8);
            match unpacked(&flipped, &Watch::quiet()) {
                // The time in gzip's header means nothing to us, and among equal bytes a copy of one may be of another.
                Ok(found) => assert!(index >= 4 && found == manifest, "byte {index}"),
                Err(why) => assert!(why.ends_with('.'), "byte {index}: {why}"),
            }
        }
        for length in 0..archive.len() {
            assert!(unpacked(&archive[..length], &Watch::quiet()).is_err(), "cut to {length} bytes");
        }
    }

    #[test]
    fn work_that_was_called_off_ends() {
        let (folder, manifest) = gathered();
        let archive = packed(&folder, &manifest, None);
        let watch = Watch::quiet();
        watch.call_off();
        assert!(unpacked(&archive, &watch).is_err());
        assert!(pack(&manifest, folder.path(), Vec::new(), None, &watch).is_err());
    }
}
