//! The `.env` file: `NAME=value` a line.
//!
//! The common reader of such files fills `$NAME` from the process environment, which spoils passwords and is no
//! business of a module that gets its inputs as data, and its errors quote the line. Here nothing is replaced
//! and no value is quoted. Only lines that name one of our settings are looked at: others read the file too.

use std::path::Path;

use super::collected::Collected;
use super::names;
use super::problem::{Origin, Problem};

const EXPECTED: &str = "expected NAME=value on one line, the value bare or in one pair of quotes";

/// Takes every setting of the file's text, and notes whatever is none. A later line wins over an earlier one.
pub(super) fn collect(path: &Path, text: &str, collected: &mut Collected) {
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let assignment = line.trim().trim_start_matches("export ").trim_start();
        // Only what can be a name: a line without its `=` must not get its value taken for one and shown.
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end_of_name = assignment.find(|c| !is_name(c)).unwrap_or(assignment.len());
        let (variable, rest) = assignment.split_at(end_of_name);
        if !names::is_setting_variable(variable) {
            continue;
        }
        let origin = Origin::File { path: path.to_owned(), line: index + 1 };
        let value = rest.trim_start().strip_prefix('=');
        match value.and_then(|value| unquoted(value.trim())) {
            Some(value) => collected.by_variable(variable, value, origin),
            None => collected.refuse(Problem::source(origin, format_args!("{variable}: {EXPECTED}"))),
        }
    }
}

/// The value without its quotes or the comment behind it. Double quotes know `\"`, `\\`, `\n`, `\r`, `\t` and
/// `\$`, single quotes take everything as it stands.
fn unquoted(value: &str) -> Option<String> {
    let (text, rest) = if let Some(quoted) = value.strip_prefix('\'') {
        let (text, rest) = quoted.split_once('\'')?;
        (text.to_owned(), rest)
    } else if let Some(quoted) = value.strip_prefix('"') {
        unescaped(quoted)?
    } else if value.starts_with('#') {
        (String::new(), "")
    } else {
        (value.split(" #").next().unwrap_or_default().trim_end().to_owned(), "")
    };
    let rest = rest.trim_start();
    (rest.is_empty() || rest.starts_with('#')).then_some(text)
}

/// The text up to the closing double quote, and what follows it.
fn unescaped(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = quoted.chars();
    loop {
        text.push(match characters.next()? {
            '"' => return Some((text, characters.as_str())),
            '\\' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                literal @ ('"' | '\\' | '$') => literal,
                _ => return None,
            },
            character => character,
        });
    }
}
