//! How a setting is declared: once, as a line in `settings.rs`, from which come both the typed field and the
//! row of the table that examples, reference and `config show` are made of.

use super::kinds::Kind;

/// One section of the configuration: a table of the file, a struct in the code.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The section's name in the file.
    pub name: &'static str,
    /// What the section is about.
    pub doc: &'static str,
    /// The section's settings in the order of their declaration.
    pub settings: &'static [Setting],
}

/// One setting as people read about it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The section the setting stands in.
    pub section: &'static str,
    /// The setting's name within its section.
    pub key: &'static str,
    /// Section and key with a dot between them.
    pub name: &'static str,
    /// The default as an environment variable would spell it; empty for "none".
    pub default: &'static str,
    /// What sort of value it takes.
    pub kind: Kind,
    /// What a plain number counts.
    pub unit: Option<&'static str>,
    /// Least and greatest value, both allowed.
    pub range: Option<(&'static str, &'static str)>,
    /// What the setting does.
    pub doc: &'static str,
}

impl Setting {
    /// The environment variable that sets it: `PORTCULLIS_<SECTION>__<KEY>`.
    pub fn variable(&self) -> String {
        format!("PORTCULLIS_{}__{}", self.section, self.key).to_uppercase()
    }

    /// Whether the value must never be shown in full.
    pub fn secret(&self) -> bool {
        self.kind.secret
    }

    /// What a value must look like, as the second half of "expected …".
    pub fn accepts(&self) -> String {
        let unit = self.unit.map_or_else(String::new, |unit| format!(" of {unit}"));
        let range = self.range.map_or_else(String::new, |(low, high)| format!(", from {low} to {high}"));
        let none = if self.kind.optional { ", or empty for none" } else { "" };
        format!("{}{unit}{range}{none}", self.kind.expected)
    }
}

/// Declares all sections. A setting is written
/// `key: Type = "default" [in "least" to "greatest"] [of "unit"];` under its doc comment.
macro_rules! sections {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $Struct:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $Type:ty = $default:literal
                    $(in $low:literal to $high:literal)? $(of $unit:literal)?;
            )+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Clone, Debug)]
            pub struct $Struct {
                $(
                    $(#[doc = $doc])+
                    #[doc = concat!("\n\nDefault: `\"", $default, "\"`" $(, "; from ", $low, " to ", $high)? $(, "; ", $unit)?, ".")]
                    pub $key: $Type,
                )+
            }
        )+

        /// The whole configuration, read and checked.
        #[derive(Clone, Debug)]
        pub struct Config {
            $( $(#[doc = $section_doc])+ pub $section: $Struct, )+
        }

        /// Every section with every setting, in the order of their declaration.
        pub static SECTIONS: &[Section] = &[$(
            Section {
                name: stringify!($section),
                doc: concat!($($section_doc),+).trim_ascii(),
                settings: &[$(
                    Setting {
                        section: stringify!($section),
                        key: stringify!($key),
                        name: concat!(stringify!($section), ".", stringify!($key)),
                        default: $default,
                        kind: <$Type as Value>::KIND,
                        unit: sections!(@option $($unit)?),
                        range: sections!(@option $(($low, $high))?),
                        doc: concat!($($doc),+).trim_ascii(),
                    },
                )+],
            },
        )+];

        impl Config {
            /// Takes every setting from the reader, which notes what it must refuse.
            pub(super) fn assemble(reader: &mut Reader) -> Self {
                Self {$(
                    $section: $Struct {$(
                        $key: reader.value(
                            concat!(stringify!($section), ".", stringify!($key)),
                            sections!(@bounds $($low, $high)?),
                        ),
                    )+},
                )+}
            }

            /// Every value as it may be shown, in the order of [`SECTIONS`].
            pub(super) fn shown(&self) -> Vec<serde_json::Value> {
                vec![$( $( Value::shown(&self.$section.$key), )+ )+]
            }
        }
    };
    (@option) => { None };
    (@option $some:expr) => { Some($some) };
    (@bounds) => { None };
    (@bounds $low:literal, $high:literal) => { Some(|value| between(value, $low, $high)) };
}

pub(super) use sections;
