//! The configuration file.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeInteger, DeString, DeTable, DeValue};

use super::collected::Collected;
use super::kinds::Raw;
use super::names;
use super::problem::{Origin, Problem};

/// Takes every setting of the file's text, and notes whatever is none.
pub(super) fn collect(path: &Path, text: &str, collected: &mut Collected) {
    let origin = |span: Range<usize>| Origin::File { path: path.to_owned(), line: line(text, span.start) };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = origin(error.span().unwrap_or_default());
        // The error's own display quotes the line, which may hold a secret.
        collected.refuse(Problem::source(place, format_args!("not valid TOML: {}", error.message())));
    }
    if !errors.is_empty() {
        return;
    }
    for (name, value) in in_file_order(table.get_ref()) {
        let (name, place) = (name.get_ref(), origin(name.span()));
        match value.get_ref().as_table() {
            Some(keys) if names::is_section(name) => {
                for (key, value) in in_file_order(keys) {
                    let setting = format!("{name}.{}", key.get_ref());
                    collected.by_name(&setting, raw(value.get_ref()), origin(key.span()));
                }
            }
            Some(_) => {
                let nearest = names::nearest_section(name).name;
                let message = format!("there is no section [{name}]; the nearest is [{nearest}]");
                collected.refuse(Problem::source(place, message));
            }
            None if names::is_section(name) => {
                let message = format!("{name} is a section, not a setting; write [{name}]");
                collected.refuse(Problem::source(place, message));
            }
            None => collected.by_name(name, raw(value.get_ref()), place),
        }
    }
}

type Entry<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

fn in_file_order<'a>(table: &'a DeTable<'a>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
}

fn raw(value: &DeValue<'_>) -> Raw {
    if let DeValue::Array(elements) = value {
        let texts: Option<Vec<String>> = elements.iter().map(|element| scalar(element.get_ref())).collect();
        return texts.map_or(Raw::Unfit("array of arrays or tables"), Raw::List);
    }
    scalar(value).map_or(Raw::Unfit(value.type_str()), Raw::Text)
}

/// A single value as an environment variable would spell it.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Integer(number) => Some(decimal(number)),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn decimal(number: &DeInteger<'_>) -> String {
    let written = number.as_str();
    i128::from_str_radix(written, number.radix())
        .map_or_else(|_| written.to_owned(), |value| value.to_string())
}
