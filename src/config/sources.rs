//! Where configuration is taken from, and which source wins.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::collected::Collected;
use super::kinds::Raw;
use super::problem::{Origin, Problem};
use super::{dot_env, names, toml_file};

/// Everything a configuration is made from beside the built-in defaults. A later field wins over an earlier one,
/// where `.env` in the working folder stands between file and environment.
///
/// Has no `Debug`: the environment holds secrets.
#[derive(Clone, Default)]
pub struct Sources {
    /// The folder that relative file names start at.
    pub working_dir: PathBuf,
    /// The configuration file, which must exist then; none means `portcullis.toml` if there is one.
    pub file: Option<PathBuf>,
    /// The process environment. Names without a double underscore after `PORTCULLIS_` are ignored.
    pub environment: Vec<(String, String)>,
    /// Settings of the command line by their full name, such as `("server.listen", "127.0.0.1:8080")`.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// Asks every source in rising order, so that each replaces what the ones before it gave.
    pub(super) fn collect(mut self) -> Collected {
        let mut collected = Collected::default();
        let usual_file = Path::new("portcullis.toml");
        let file = self.working_dir.join(self.file.as_deref().unwrap_or(usual_file));
        if let Some(text) = text_of(&file, self.file.is_some(), &mut collected) {
            toml_file::collect(&file, &text, &mut collected);
        }
        let dot_env = self.working_dir.join(".env");
        if let Some(text) = text_of(&dot_env, false, &mut collected) {
            dot_env::collect(&dot_env, &text, &mut collected);
        }
        // The process environment comes in no particular order.
        self.environment.sort();
        for (variable, value) in self.environment {
            if names::is_setting_variable(&variable) {
                let origin = Origin::Environment { variable: variable.clone() };
                collected.by_variable(&variable, value, origin);
            }
        }
        for (name, value) in self.flags {
            collected.by_name(&name, Raw::Text(value), Origin::Flag);
        }
        collected
    }
}

fn text_of(path: &Path, must_exist: bool, collected: &mut Collected) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => None,
        Err(error) => {
            let message = format!("this file cannot be read: {error}");
            collected.refuse(Problem::source(path.display(), message));
            None
        }
    }
}
