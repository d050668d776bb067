//! Names of objects: nothing in them comes from outside.

use std::fmt::Write;

use super::Format;
use crate::base::Randomness;

/// The kinds of object, each under a prefix of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shelf {
    /// Pictures in full size.
    Originals,
    /// Pictures for lists.
    Thumbnails,
}

impl Shelf {
    const ALL: [Self; 2] = [Self::Originals, Self::Thumbnails];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Originals => "originals",
            Self::Thumbnails => "thumbnails",
        }
    }
}

/// An object's name: where it stands, 128 random bits that nobody can guess, and what it holds. It is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    shelf: Shelf,
    format: Format,
    random: [u8; 16],
}

impl ObjectName {
    /// A name that no object has.
    pub fn new(shelf: Shelf, format: Format, random: &dyn Randomness) -> Self {
        Self { shelf, format, random: random.bytes() }
    }

    /// Reads what [`Self::file`] wrote; `None` for anything else.
    pub fn parse(shelf: Shelf, text: &str) -> Option<Self> {
        let (digits, extension) = text.split_once('.')?;
        let format = Format::of_extension(extension)?;
        let plain = digits.len() == 32 && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        let number = plain.then(|| u128::from_str_radix(digits, 16).ok())??;
        Some(Self { shelf, format, random: number.to_be_bytes() })
    }

    /// Reads what [`Self::path`] wrote; `None` for anything else.
    pub fn of_path(path: &str) -> Option<Self> {
        let (prefix, file) = path.split_once('/')?;
        let shelf = Shelf::ALL.into_iter().find(|shelf| shelf.prefix() == prefix)?;
        Self::parse(shelf, file)
    }

    /// Which kind of object it names.
    pub fn shelf(self) -> Shelf {
        self.shelf
    }

    /// What the object holds.
    pub fn format(self) -> Format {
        self.format
    }

    /// The random part as 32 hexadecimal digits: an entity tag, since no two contents share it.
    pub fn digits(self) -> String {
        self.random.iter().fold(String::with_capacity(32), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
    }

    /// The name without its shelf, as rows and addresses have it.
    pub fn file(self) -> String {
        format!("{}.{}", self.digits(), self.format.extension())
    }

    /// The name as the storage has it.
    pub fn path(self) -> String {
        format!("{}/{}", self.shelf.prefix(), self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SystemRandomness;

    #[test]
    fn names_are_read_back_and_nothing_else_is_a_name() {
        let name = ObjectName::new(Shelf::Thumbnails, Format::WebP, &SystemRandomness);
        assert_eq!(ObjectName::parse(Shelf::Thumbnails, &name.file()), Some(name));
        assert_eq!(ObjectName::of_path(&name.path()), Some(name));
        let digits = "0123456789abcdef0123456789abcdef";
        assert!(ObjectName::parse(Shelf::Originals, &format!("{digits}.jpg")).is_some());
        for wrong in [
            format!("{digits}.gif"),
            format!("{}.jpg", digits.to_uppercase()),
            format!("+{}.jpg", &digits[1..]),
            format!("{digits}0.jpg"),
            format!("{digits}.jpg#1"),
            format!("../{digits}.jpg"),
            "../../etc/passwd".to_owned(),
            digits.to_owned(),
        ] {
            assert_eq!(ObjectName::parse(Shelf::Originals, &wrong), None, "{wrong}");
            assert_eq!(ObjectName::of_path(&format!("elsewhere/{wrong}")), None);
        }
    }
}
