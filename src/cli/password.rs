//! Passwords come from a prompt without echo or from standard input, never from an argument: arguments stand in process
//! lists and shell histories.

use std::io::{IsTerminal, stdin};

use super::Failure;

/// Asks twice on a terminal; reads one line otherwise.
pub(super) fn ask() -> Result<String, Failure> {
    let failed = |error: std::io::Error| format!("The password cannot be read: {error}.");
    if !stdin().is_terminal() {
        let mut line = String::new();
        stdin().read_line(&mut line).map_err(failed)?;
        let password = line.strip_suffix('\n').unwrap_or(&line);
        return Ok(password.strip_suffix('\r').unwrap_or(password).to_owned());
    }
    let password = rpassword::prompt_password("Password: ").map_err(failed)?;
    if rpassword::prompt_password("Once more: ").map_err(failed)? != password {
        return Err("The two passwords differ. Nothing was changed.".to_owned().into());
    }
    Ok(password)
}
