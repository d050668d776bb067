//! What the sources said, before anything is made of it.

use std::collections::BTreeMap;

use super::declare::Setting;
use super::kinds::Raw;
use super::names;
use super::problem::{Origin, Problem};

/// The values of all sources, by the setting's name, and everything that was not a setting. The source that names
/// a setting last has it.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) found: BTreeMap<&'static str, (Raw, Origin)>,
    pub(super) problems: Vec<Problem>,
}

impl Collected {
    /// Takes a value for the setting of this name, `section.key`.
    pub(super) fn by_name(&mut self, name: &str, value: Raw, origin: Origin) {
        if let Some(setting) = names::by_name(name) {
            self.found.insert(setting.name, (value, origin));
        } else {
            let nearest = names::nearest(name);
            self.refuse(Problem::unknown(name, &origin, nearest, nearest.name));
        }
    }

    /// Takes a value for the setting of this environment variable.
    pub(super) fn by_variable(&mut self, variable: &str, value: String, origin: Origin) {
        if let Some(setting) = names::by_variable(variable) {
            self.found.insert(setting.name, (Raw::Text(value), origin));
        } else {
            let nearest = names::nearest_by_variable(variable);
            self.refuse(Problem::unknown(variable, &origin, nearest, &nearest.variable()));
        }
    }

    /// Notes what a source should not have said.
    pub(super) fn refuse(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Where the value of a setting comes from.
    pub(super) fn origin(&self, setting: &Setting) -> Origin {
        self.found.get(setting.name).map_or(Origin::Default, |(_, origin)| origin.clone())
    }
}
