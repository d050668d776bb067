//! Text as people write it and as keys compare it.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// The form that uniqueness, sign-in, sorting and search compare: NFKC, case folded, NFKC again (Unicode's
/// `toNFKC_Casefold` without removing ignorable characters). All engines compare it byte by byte.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc().default_case_fold().nfkc().collect()
}

/// [`fold`], cut where an index takes no more. Only a text of letters that fold to many is cut, such as one of Arabic
/// ligatures.
pub fn fold_within(text: &str, longest: usize) -> String {
    let mut key = fold(text);
    if let Some((end, _)) = key.char_indices().nth(longest) {
        key.truncate(end);
    }
    key
}

/// NFKC alone: the form in which passwords are hashed.
pub fn nfkc(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { text.nfkc().collect() }
}

/// Escapes `%`, `_` and `!` for `LIKE … ESCAPE '!'` and puts `%` on the asked sides.
pub fn like_pattern(text: &str, contains: bool) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    if contains {
        pattern.push('%');
    }
    for character in text.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// The text as a shell takes it for one word.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folds_what_looks_alike() {
        assert_eq!(fold("Straße"), fold("STRASSE"));
        assert_eq!(fold("ﬁle"), "file");
        assert_eq!(fold("Ｅlena"), "elena");
        assert_eq!(like_pattern("50%_!", true), "%50!%!_!!%");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,30}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
