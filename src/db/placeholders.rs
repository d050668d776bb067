//! `?` becomes `$1, $2, …` for PostgreSQL.

/// Numbers the placeholders of a statement. A `?` inside a string, a quoted name or a comment stays.
pub(super) fn numbered(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 8);
    let mut count = 0_usize;
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'', '"', '-', '/']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let taken = quoted_length(from);
        if taken == 0 && from.starts_with('?') {
            count += 1;
            out.push('$');
            out.push_str(&count.to_string());
            rest = &from[1..];
        } else {
            let (kept, after) = from.split_at(taken.max(1));
            out.push_str(kept);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// How many bytes at the start of `sql` belong to a string, a quoted name or a comment; 0 if none begins here.
pub(super) fn quoted_length(sql: &str) -> usize {
    let through =
        |open: usize, close: &str| sql[open..].find(close).map_or(sql.len(), |end| open + end + close.len());
    match sql.as_bytes() {
        // A doubled quote ends one string and begins the next at once, which comes to the same.
        [b'\'', ..] => through(1, "'"),
        [b'"', ..] => through(1, "\""),
        [b'-', b'-', ..] => through(2, "\n"),
        [b'/', b'*', ..] => through(2, "*/"),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn placeholders_are_numbered_from_one() {
        assert_eq!(numbered("a = ? AND b IN (?, ?)"), "a = $1 AND b IN ($2, $3)");
        assert_eq!(numbered("SELECT 1"), "SELECT 1");
    }

    #[test]
    fn question_marks_in_strings_names_and_comments_stay() {
        for (sql, expected) in [
            ("SELECT 'who?', ?", "SELECT 'who?', $1"),
            ("SELECT 'it''s ?', ?, 'é?'", "SELECT 'it''s ?', $1, 'é?'"),
            (r#"SELECT "odd?" FROM t WHERE x = ?"#, r#"SELECT "odd?" FROM t WHERE x = $1"#),
            ("SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2"),
            ("SELECT /* ? */ ? - 1 / ?", "SELECT /* ? */ $1 - 1 / $2"),
            (r"LIKE ? ESCAPE '\' AND x = ?", r"LIKE $1 ESCAPE '\' AND x = $2"),
            ("SELECT 'never closed ?", "SELECT 'never closed ?"),
        ] {
            assert_eq!(numbered(sql), expected);
        }
    }
}
