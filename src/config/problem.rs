//! What can be wrong with a configuration, and where values come from.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use super::declare::Setting;

/// Where the value of a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A line, counted from 1, of the configuration file or of `.env`.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// The variable's name.
        variable: String,
    },
    /// The command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// One thing to put right: what it is about, where it stands, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    text: String,
    concerns: Concern,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    Setting(&'static str),
    WholeSource,
}

impl Problem {
    /// A value that does not fit its setting.
    pub(super) fn value(setting: &Setting, origin: &Origin, message: &str) -> Self {
        Self {
            text: format!("{} ({origin}): {message}", setting.name),
            concerns: Concern::Setting(setting.name),
        }
    }

    /// A name that is no setting. `right` is how this source spells the name of the nearest one, which was
    /// probably meant.
    pub(super) fn unknown(name: &str, origin: &Origin, nearest: &Setting, right: &str) -> Self {
        let text = format!("{name} ({origin}): there is no such setting; the nearest is {right}");
        Self { text, concerns: Concern::Setting(nearest.name) }
    }

    /// Something that leaves open which settings a source meant.
    pub(super) fn source(place: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self { text: format!("{place}: {message}"), concerns: Concern::WholeSource }
    }

    /// Settings that do not go together.
    pub(super) fn clash(names: &[&'static str], advice: &str) -> Self {
        Self { text: format!("{}: {advice}", names.join(" and ")), concerns: Concern::Setting(names[0]) }
    }

    /// Whether any of these settings may not have the value that was meant.
    pub(super) fn leaves_open(&self, names: &[&str]) -> bool {
        match self.concerns {
            Concern::Setting(name) => names.contains(&name),
            Concern::WholeSource => true,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Everything that is wrong with the configuration, at least one problem. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// The problems one by one, in the order of sources and settings.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl Error for Problems {}
