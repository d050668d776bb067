//! From what the sources said to typed values, noting everything that does not fit.

use super::collected::Collected;
use super::declare::Setting;
use super::kinds::{Raw, Refused, Value};
use super::problem::{Origin, Problem};
use super::secrets::masked;
use super::settings::settings;

/// Hands out the value of each setting: the one collected, or else the default.
#[derive(Default)]
pub(super) struct Reader {
    collected: Collected,
}

impl Reader {
    pub(super) fn new(collected: Collected) -> Self {
        Self { collected }
    }

    /// The value of a setting; one that had to be refused is noted and the default stands in for it.
    pub(super) fn value<T: Value>(&mut self, name: &'static str, fits: Option<fn(&T) -> bool>) -> T {
        let setting = settings().find(|setting| setting.name == name).expect("a field stands in the table");
        if let Some((raw, origin)) = self.collected.found.get(name) {
            match T::read(raw) {
                Ok(value) if fits.is_none_or(|fits| fits(&value)) => return value,
                Ok(_) => self.collected.refuse(refusal(setting, raw.refused(), origin)),
                Err(refused) => self.collected.refuse(refusal(setting, refused, origin)),
            }
        }
        let default = T::read(&Raw::Text(setting.default.to_owned())).ok();
        default.expect("a declared default is a value of its own setting")
    }

    /// What was read, now that every value was asked for.
    pub(super) fn into_collected(self) -> Collected {
        self.collected
    }
}

fn refusal(setting: &Setting, refused: Refused<'_>, origin: &Origin) -> Problem {
    let what = match refused {
        Refused::Sort(sort) => format!("a value of the sort \"{sort}\""),
        Refused::Text(_) if setting.secret() => "the value".to_owned(),
        Refused::Text(text) if text.contains("://") => format!("{:?}", masked(text)),
        Refused::Text(text) => format!("{text:?}"),
    };
    let advice = format!("{what} does not fit; expected {}", setting.accepts());
    Problem::value(setting, origin, &advice)
}
