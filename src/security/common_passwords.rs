//! Passwords that attackers try first.
//!
//! `assets/common-passwords.txt` holds, sorted, the entries of at least eight characters of the frequency list that
//! the zxcvbn project published from leaked passwords (MIT; <https://github.com/dropbox/zxcvbn>).

use std::sync::LazyLock;

use crate::base::text;

static SORTED: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../assets/common-passwords.txt").lines().collect());

/// Whether the password, folded, stands in the list.
pub(super) fn contains(password: &str) -> bool {
    SORTED.binary_search(&text::fold(password).as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_knows_the_classics() {
        assert!(SORTED.is_sorted());
        assert!(contains("password") && contains("PassWord") && contains("12345678"));
        assert!(!contains("correct horse battery staple"));
    }
}
