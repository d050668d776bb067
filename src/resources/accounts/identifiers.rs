//! What e-mail addresses and user names may look like.

use crate::base::{Check, text};

/// An identifier as it was typed, and the folded form that is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// As typed, ends trimmed.
    pub typed: String,
    /// As compared.
    pub key: String,
}

/// RFC 5321, section 4.5.3.1: 64 octets before the `@`, 254 in all.
const LONGEST_LOCAL: usize = 64;
const LONGEST_EMAIL: usize = 254;
const LONGEST_USERNAME: usize = 64;
/// Some letters fold to many (U+FDFA to eighteen), and a key must fit an index on every engine.
const LONGEST_USERNAME_KEY: usize = 256;

/// Reads an e-mail address; what looks like one only after normalisation (a full-width `＠`, GHSA-7rqj-j65f-68wh) is none.
pub(super) fn email(check: &mut Check, field: &'static str, typed: &str) -> Option<Identifier> {
    let typed = check.line(field, typed, 1, LONGEST_EMAIL)?;
    let key = email_key(&typed);
    if key.is_none() {
        check.refuse(field, "malformed", format!("{field} is not an e-mail address."));
    }
    key.map(|key| Identifier { typed, key })
}

/// The folded form of an address: the local part folded, the domain in ASCII (IDNA, UTS 46). `None` for what is none.
pub(super) fn email_key(typed: &str) -> Option<String> {
    if typed.matches('@').count() != 1 {
        return None;
    }
    let folded = text::fold(typed);
    let (local, domain) = folded.split_once('@')?;
    if domain.contains('@') {
        return None;
    }
    let domain = idna::domain_to_ascii_strict(domain).ok()?;
    let strange = |c: char| c.is_whitespace() || c.is_control() || "\"(),:;<>[\\]".contains(c);
    let local_fits = (1..=LONGEST_LOCAL).contains(&local.len()) && !local.contains(strange);
    let dots_fit = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    let fits = local_fits && dots_fit && domain.contains('.') && local.len() + domain.len() < LONGEST_EMAIL;
    fits.then(|| format!("{local}@{domain}"))
}

/// Whether two addresses are surely one postbox: they differ in nothing but how the domain is written. Two that merely fold
/// alike may be two.
pub(super) fn same_postbox(one: &str, other: &str) -> bool {
    let local = |address: &str| address.split_once('@').map(|(local, _)| local.to_owned());
    one == other
        || local(one) == local(other) && email_key(one).is_some() && email_key(one) == email_key(other)
}

/// What a typed login name is known by, whether or not anybody has it.
pub(super) fn login_key(typed: &str) -> String {
    let typed = typed.trim();
    email_key(typed).unwrap_or_else(|| text::fold(typed))
}

/// Reads a user name. It has no `@`, so that a sign-in never has to guess what it was given.
pub(super) fn username(check: &mut Check, field: &'static str, typed: &str) -> Option<Identifier> {
    let typed = check.line(field, typed, 1, LONGEST_USERNAME)?;
    let key = text::fold(&typed);
    if key.contains('@') {
        check.refuse(field, "malformed", format!("{field} cannot contain an @."));
        return None;
    }
    if key.chars().count() > LONGEST_USERNAME_KEY {
        check.refuse(field, "too_long", format!("{field} is too long when its letters are written out."));
        return None;
    }
    Some(Identifier { typed, key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_mean_the_same_are_the_same() {
        assert_eq!(email_key("Ada@Example.COM").as_deref(), Some("ada@example.com"));
        assert_eq!(email_key("ada@Bücher.example"), email_key("ada@xn--bcher-kva.example"));
    }

    #[test]
    fn addresses_that_fold_alike_may_be_two_postboxes() {
        assert!(same_postbox("Ada@example.com", "Ada@EXAMPLE.com"));
        assert!(same_postbox("ada@Bücher.example", "ada@xn--bcher-kva.example"));
        for other in ["ada@example.com", "Ada@example.org", "\u{ff21}da@example.com", "Ada"] {
            assert!(!same_postbox("Ada@example.com", other), "{other}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a b@example.com",
            "ada@exa mple.com",
            "a@b@example.com",
            "ada＠example.com",
            "ada@ex＠ample.com",
            "ada@-example.com",
            ".ada@example.com",
            "a..a@example.com",
            "ada@example..com",
            "ada\r\nBcc: x@example.com",
        ] {
            assert_eq!(email_key(typed), None, "{typed:?}");
        }
        assert_eq!(email_key(&format!("{}@example.com", "a".repeat(65))), None);
    }

    #[test]
    fn a_name_of_letters_that_fold_to_many_is_refused() {
        let read = |typed: &str| username(&mut Check::new(), "username", typed);
        assert!(read(&"\u{fdfa}".repeat(14)).is_some());
        assert!(read(&"\u{fdfa}".repeat(15)).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_a_key_is_its_own_key(typed in "\\PC{0,30}@?\\PC{0,30}") {
            if let Some(key) = email_key(&typed) {
                prop_assert_eq!(email_key(&key), Some(key));
            }
        }
    }
}
