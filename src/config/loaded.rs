//! A configuration together with where each value came from.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::check::check;
use super::declare::{Section, Setting};
use super::problem::{Origin, Problems};
use super::reader::Reader;
use super::secrets::STARS;
use super::settings::{Config, SECTIONS, settings};
use super::sources::Sources;
use super::written::toml_value;

/// A checked configuration that can say where each value came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    origins: Vec<Origin>,
}

/// Reads all sources and checks the result.
///
/// # Errors
///
/// Every problem of every source at once: files that cannot be read, names that are no settings, values that do
/// not fit and combinations that make no sense. A value that a higher source replaces is not looked at.
pub fn load(sources: Sources) -> Result<Loaded, Problems> {
    let mut reader = Reader::new(sources.collect());
    let config = Config::assemble(&mut reader);
    let mut collected = reader.into_collected();
    collected.problems.extend(check(&config, &collected.problems));
    if !collected.problems.is_empty() {
        return Err(Problems(collected.problems));
    }
    let origins = settings().map(|setting| collected.origin(setting)).collect();
    Ok(Loaded { config, origins })
}

impl Loaded {
    /// Every setting as a line of the configuration file with a comment that says where its value came from.
    /// Secrets are starred out.
    pub fn show(&self) -> String {
        let sections = self.rows().map(|(section, rows)| {
            let lines = rows.iter().map(|row| {
                let assignment = format!("{} = {}", row.setting.key, toml_value(&row.value));
                format!("{assignment:COMMENT_COLUMN$}  # {}\n", row.origin)
            });
            format!("[{}]\n{}", section.name, lines.collect::<String>())
        });
        sections.collect::<Vec<_>>().join("\n")
    }

    /// Every setting as JSON, `{section: {key: {"from": …, "value": …}}}`. An optional value that is not set is
    /// null; secrets are starred out.
    pub fn show_json(&self) -> String {
        let sections = self.rows().map(|(section, rows)| {
            let keys = rows.into_iter().map(|row| {
                let entry = json!({ "from": row.origin.to_string(), "value": row.value });
                (row.setting.key.to_owned(), entry)
            });
            (section.name.to_owned(), Json::Object(keys.collect()))
        });
        format!("{:#}\n", Json::Object(sections.collect()))
    }

    /// The files that secrets come from: those of settings that are shown with stars.
    pub fn files_with_secrets(&self) -> BTreeSet<PathBuf> {
        let rows = self.rows().flat_map(|(_, rows)| rows);
        let starred = rows.filter(|row| row.setting.secret() && row.value.to_string().contains(STARS));
        let file = |origin: &Origin| match origin {
            Origin::File { path, .. } => Some(path.clone()),
            _ => None,
        };
        starred.filter_map(|row| file(row.origin)).collect()
    }

    fn rows(&self) -> impl Iterator<Item = (&'static Section, Vec<Row<'_>>)> {
        let mut values = self.config.shown().into_iter().zip(&self.origins);
        SECTIONS.iter().map(move |section| {
            let rows = section.settings.iter().zip(values.by_ref());
            (section, rows.map(|(setting, (value, origin))| Row { setting, value, origin }).collect())
        })
    }
}

struct Row<'a> {
    setting: &'static Setting,
    value: Json,
    origin: &'a Origin,
}

/// Where `show` begins its comments, unless a value reaches further.
const COMMENT_COLUMN: usize = 44;
