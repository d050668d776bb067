//! Names of settings as sources spell them, and the nearest right name for a wrong one.

use strsim::jaro_winkler;

use super::declare::{Section, Setting};
use super::settings::{SECTIONS, settings};

/// Whether an environment variable is meant for the configuration: `PORTCULLIS_<SECTION>__<KEY>`.
pub(super) fn is_setting_variable(variable: &str) -> bool {
    variable.strip_prefix("PORTCULLIS_").is_some_and(|rest| rest.contains("__"))
}

/// The setting an environment variable sets.
pub(super) fn by_variable(variable: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.variable() == variable)
}

/// The setting with the nearest variable.
pub(super) fn nearest_by_variable(variable: &str) -> &'static Setting {
    nearest(&variable.trim_start_matches("PORTCULLIS_").replacen("__", ".", 1).to_lowercase())
}

/// The setting of this name.
pub(super) fn by_name(name: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.name == name)
}

/// Whether there is a section of this name.
pub(super) fn is_section(name: &str) -> bool {
    SECTIONS.iter().any(|section| section.name == name)
}

/// The section with the nearest name.
pub(super) fn nearest_section(name: &str) -> &'static Section {
    let likeness = |section: &Section| jaro_winkler(section.name, name);
    SECTIONS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).expect("there are sections")
}

/// The setting with the nearest name.
/// The key weighs more than the section: a right key in a wrong section is the likeliest slip.
pub(super) fn nearest(name: &str) -> &'static Setting {
    let (section, key) = name.split_once('.').unwrap_or(("", name));
    let likeness = |setting: &Setting| {
        let exact = if setting.key == key { 1.0 } else { 0.0 };
        exact + jaro_winkler(setting.key, key) + jaro_winkler(setting.section, section) / 2.0
    };
    settings().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).expect("there are settings")
}
