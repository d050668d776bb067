//! Passwords come from a prompt without echo or from standard input, never from an argument: arguments stand in process
//! lists and shell histories.

use std::io::{IsTerminal, stdin};

use secrecy::SecretString;

use super::Failure;
use crate::operations::backup;

/// A new password: asks twice on a terminal; reads one line otherwise.
pub(super) fn ask() -> Result<String, Failure> {
    Ok(ask_twice("Password")?)
}

/// What an archive is to be encrypted with: asks twice on a terminal; reads one line otherwise.
pub(super) fn new_passphrase() -> Result<SecretString, String> {
    ask_twice("Passphrase").map(SecretString::from).and_then(backup::new_passphrase)
}

/// What an archive was encrypted with. When the archive itself comes over standard input, the terminal is asked.
pub(super) fn known_passphrase(input_is_archive: bool) -> Result<SecretString, String> {
    if stdin().is_terminal() || input_is_archive {
        let typed = rpassword::prompt_password("Passphrase of the archive: ");
        typed.map_err(|error| {
            format!("The passphrase cannot be asked for ({error}); name a file with it: --passphrase-file.")
        })
    } else {
        read_line("passphrase")
    }
    .and_then(passphrase)
}

fn passphrase(text: String) -> Result<SecretString, String> {
    if text.is_empty() { Err("The passphrase is empty.".into()) } else { Ok(SecretString::from(text)) }
}

fn ask_twice(what: &str) -> Result<String, String> {
    let word = what.to_lowercase();
    if !stdin().is_terminal() {
        return read_line(&word);
    }
    let failed = |error: std::io::Error| format!("The {word} cannot be read: {error}.");
    let typed = rpassword::prompt_password(format!("{what}: ")).map_err(failed)?;
    if rpassword::prompt_password("Once more: ").map_err(failed)? != typed {
        return Err(format!("The two {word}s differ. Nothing was changed."));
    }
    Ok(typed)
}

fn read_line(what: &str) -> Result<String, String> {
    let mut line = String::new();
    stdin().read_line(&mut line).map_err(|error| format!("The {what} cannot be read: {error}."))?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
