//! Encryption of files with a passphrase, in the age format (<https://age-encryption.org/v1>): what is written here opens
//! with the standard tool (`age -d`), and the other way round.
//!
//! The `age` crate does the work and draws its own randomness, as it should; here stand the bounds on what a forged file
//! may cost, and the words for people.

use std::io::{self, BufRead, Cursor, Read, Write};
use std::iter;

use ::age::stream::StreamWriter;
use ::age::{DecryptError, Decryptor, EncryptError, Encryptor, scrypt};
use secrecy::SecretString;

/// How every age file begins.
pub const OPENING: &[u8] = b"age-encryption.org/";

/// The base-2 logarithm of scrypt's cost. OWASP advises 2^17 with r = 8 and p = 1, which takes 128 MiB.
#[cfg(not(test))]
const WORK_FACTOR: u8 = 17;
#[cfg(test)]
const WORK_FACTOR: u8 = 10;

/// The greatest work factor that is honoured (1 GiB, some seconds); the standard tool writes 18.
const MAX_WORK_FACTOR: u8 = 20;

/// Longer than any header of a passphrase, and of a key unless there are hundreds; the crate itself reads on for ever.
const MAX_HEADER: u64 = 16 * 1024;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another passphrase, or a header that was changed.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// An age file of another flavour.
    #[error("it is encrypted for a key instead of a passphrase; open it with: age -d -i KEY-FILE")]
    OtherFlavour,
    /// No age file, or a damaged one.
    #[error("it is damaged or cut short")]
    Damaged,
    /// Opening it would take more memory than an honest file asks for.
    #[error("its scrypt work factor {0} is beyond what is allowed ({MAX_WORK_FACTOR})")]
    TooCostly(u8),
    /// It could not be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Begins an encrypted file; `finish` must end it, or it passes for one that was cut short.
///
/// # Errors
/// When the header cannot be written.
pub fn encrypt<W: Write>(file: W, passphrase: &SecretString) -> io::Result<StreamWriter<W>> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(WORK_FACTOR);
    let encryptor = Encryptor::with_recipients(iter::once(&recipient as _)).map_err(|error| match error {
        EncryptError::Io(error) => error,
        error => io::Error::other(error),
    })?;
    encryptor.wrap_output(file)
}

/// Opens an encrypted file. What the answer reads is authentic piece by piece, and whole once it has been read to its end.
///
/// # Errors
/// See [`Error`].
pub fn decrypt<R: BufRead>(mut file: R, passphrase: &SecretString) -> Result<impl Read + use<R>, Error> {
    let header = header(&mut file)?;
    let decryptor = Decryptor::new_buffered(Cursor::new(header).chain(file))?;
    if !decryptor.is_scrypt() {
        return Err(Error::OtherFlavour);
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    Ok(decryptor.decrypt(iter::once(&identity as _))?)
}

/// Everything up to the line that ends the header.
fn header(file: &mut impl BufRead) -> Result<Vec<u8>, Error> {
    let mut file = file.take(MAX_HEADER);
    let mut header = Vec::new();
    loop {
        let line = header.len();
        file.read_until(b'\n', &mut header)?;
        if !header.ends_with(b"\n") || header.len() == line {
            return Err(Error::Damaged);
        }
        if header[line..].starts_with(b"---") {
            return Ok(header);
        }
    }
}

impl From<DecryptError> for Error {
    fn from(error: DecryptError) -> Self {
        match error {
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed => Self::WrongPassphrase,
            DecryptError::NoMatchingKeys => Self::OtherFlavour,
            DecryptError::ExcessiveWork { required, .. } => Self::TooCostly(required),
            DecryptError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Self::Io(error),
            _ => Self::Damaged,
        }
    }
}

#[cfg(test)]
mod tests;
