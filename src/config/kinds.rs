//! The sorts of value a setting can have: how each is read from text, and how it is shown.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use serde_json::Value as Json;

/// A sort of value as people read about it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// What a value must look like, as the second half of "expected …".
    pub expected: &'static str,
    /// How the file spells it.
    pub form: Form,
    /// Whether an empty value means "none".
    pub optional: bool,
    /// Whether a value must never be shown in full.
    pub secret: bool,
}

impl Kind {
    /// A value the file writes in quotes.
    pub(super) const fn text(expected: &'static str) -> Self {
        Self { expected, form: Form::Quoted, optional: false, secret: false }
    }

    /// A value the file writes without quotes.
    pub(super) const fn bare(expected: &'static str) -> Self {
        Self { form: Form::Bare, ..Self::text(expected) }
    }
}

/// How the file spells a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In quotes.
    Quoted,
    /// As a bare number or `true` and `false`.
    Bare,
    /// As an array; environment variables separate the elements by commas.
    List,
}

/// A value as a source gave it.
#[derive(Clone)]
pub(super) enum Raw {
    Text(String),
    List(Vec<String>),
    /// Something of the file that no setting takes: its name in TOML.
    Unfit(&'static str),
}

impl Raw {
    /// The whole value as one that does not fit.
    pub(super) fn refused(&self) -> Refused<'_> {
        match self {
            Self::Text(text) => Refused::Text(text),
            Self::List(_) => Refused::Sort("array"),
            Self::Unfit(sort) => Refused::Sort(sort),
        }
    }
}

/// The part of a source's value that does not fit.
#[derive(Clone, Copy)]
pub(super) enum Refused<'a> {
    Text(&'a str),
    Sort(&'static str),
}

/// One value, written as one piece of text.
pub(super) trait Scalar: Sized {
    const KIND: Kind;
    /// What goes into an array of the file, if a list of these is a kind of setting.
    const LIST: &'static str = Self::KIND.expected;

    fn parse(text: &str) -> Option<Self>;

    /// The value with anything secret starred out.
    fn shown(&self) -> Json;
}

/// The value of a setting: a scalar, an optional scalar or a list of them.
pub(super) trait Value: Sized {
    const KIND: Kind;

    /// The value, or the part of the source's value that does not fit.
    fn read(raw: &Raw) -> Result<Self, Refused<'_>>;

    /// The value with anything secret starred out.
    fn shown(&self) -> Json;
}

impl<T: Scalar> Value for T {
    const KIND: Kind = <T as Scalar>::KIND;

    fn read(raw: &Raw) -> Result<Self, Refused<'_>> {
        let Raw::Text(text) = raw else {
            return Err(raw.refused());
        };
        T::parse(text).ok_or(Refused::Text(text))
    }

    fn shown(&self) -> Json {
        Scalar::shown(self)
    }
}

impl<T: Scalar> Value for Option<T> {
    const KIND: Kind = Kind { optional: true, ..<T as Scalar>::KIND };

    fn read(raw: &Raw) -> Result<Self, Refused<'_>> {
        match raw {
            Raw::Text(text) if text.is_empty() => Ok(None),
            raw => T::read(raw).map(Some),
        }
    }

    fn shown(&self) -> Json {
        self.as_ref().map_or(Json::Null, Scalar::shown)
    }
}

impl<T: Scalar> Value for Vec<T> {
    const KIND: Kind = Kind { expected: T::LIST, form: Form::List, ..<T as Scalar>::KIND };

    fn read(raw: &Raw) -> Result<Self, Refused<'_>> {
        let texts: Vec<&str> = match raw {
            Raw::Text(text) => text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect(),
            Raw::List(texts) => texts.iter().map(String::as_str).collect(),
            Raw::Unfit(_) => return Err(raw.refused()),
        };
        texts.into_iter().map(|text| T::parse(text).ok_or(Refused::Text(text))).collect()
    }

    fn shown(&self) -> Json {
        self.iter().map(Scalar::shown).collect()
    }
}

/// Whether a value lies between two others, both allowed, which are written as a setting's value is.
pub(super) fn between<T: Scalar + PartialOrd>(value: &T, low: &str, high: &str) -> bool {
    let bound = |text| T::parse(text).expect("a declared bound is a value of its own setting");
    (bound(low)..=bound(high)).contains(value)
}

macro_rules! whole_numbers {
    ($($Type:ty),+) => {$(
        impl Scalar for $Type {
            const KIND: Kind = Kind::bare("a whole number");

            fn parse(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }

            fn shown(&self) -> Json {
                Json::from(*self)
            }
        }
    )+};
}

whole_numbers!(u32, usize);

impl Scalar for bool {
    const KIND: Kind = Kind::bare("true or false");

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn shown(&self) -> Json {
        Json::from(*self)
    }
}

impl Scalar for String {
    const KIND: Kind = Kind::text("text");

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn shown(&self) -> Json {
        Json::from(self.as_str())
    }
}

impl Scalar for PathBuf {
    const KIND: Kind = Kind::text("a path");

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn shown(&self) -> Json {
        Json::from(self.to_string_lossy())
    }
}

impl Scalar for SocketAddr {
    const KIND: Kind = Kind::text("an IP address and a port, such as 127.0.0.1:5000 or [::]:5000");

    fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn shown(&self) -> Json {
        Json::from(self.to_string())
    }
}

impl Scalar for IpNet {
    const KIND: Kind = Kind::text("a network or an address");
    const LIST: &'static str = "networks or addresses, such as 10.0.0.0/8, 192.0.2.7 or fd00::/8";

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(Self::from));
        network.ok().map(|network: Self| network.trunc())
    }

    fn shown(&self) -> Json {
        Json::from(self.to_string())
    }
}
