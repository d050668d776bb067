//! Numbered steps as they are compiled in, and the statements of their files.

use std::fmt;

use aws_lc_rs::digest;

use crate::db::placeholders::quoted_length;

/// One numbered step of the schema.
#[derive(Clone, Copy, Debug)]
pub(in crate::db) struct Step {
    /// From 1, without gaps; the same on every engine.
    pub number: i64,
    /// What it does, from its file's name.
    pub name: &'static str,
    /// Statements ended by `;`. Bodies with statements inside (triggers, procedures) are not understood.
    pub sql: &'static str,
}

impl Step {
    pub(super) fn statements(&self) -> Vec<&'static str> {
        let sql = self.sql;
        let mut statements = Vec::new();
        let (mut start, mut at) = (0, 0);
        while let Some(offset) = sql[at..].find([';', '\'', '"', '-', '/']) {
            at += offset;
            let quoted = quoted_length(&sql[at..]);
            if quoted == 0 && sql[at..].starts_with(';') {
                statements.push(&sql[start..at]);
                start = at + 1;
            }
            at += quoted.max(1);
        }
        statements.push(&sql[start..]);
        statements
            .into_iter()
            .map(without_leading_comments)
            .filter(|statement| !statement.is_empty())
            .collect()
    }

    /// The tables that this step makes, in its order.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.statements().into_iter().filter_map(|statement| {
            let rest = statement.strip_prefix("CREATE TABLE ")?;
            rest.split([' ', '(']).next()
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.number, self.name)
    }
}

fn without_leading_comments(statement: &str) -> &str {
    let mut rest = statement.trim();
    while rest.starts_with("--") || rest.starts_with("/*") {
        rest = rest[quoted_length(rest)..].trim_start();
    }
    rest
}

/// What tells one text of statements from another.
pub(super) fn checksum(statements: &[&str]) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    for statement in statements {
        hash.update(statement.as_bytes());
        hash.update(b";");
    }
    hash.finish().as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_falls_into_its_statements() {
        let step = Step {
            number: 1,
            name: "a",
            sql: "-- first; of two\nCREATE TABLE a (x TEXT DEFAULT ';');\n\n/* ; */ INSERT INTO a VALUES ('--');\n-- end\n",
        };
        assert_eq!(step.statements(), ["CREATE TABLE a (x TEXT DEFAULT ';')", "INSERT INTO a VALUES ('--')"]);
        assert_eq!(step.tables().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn the_checksum_tells_statements_apart() {
        assert_ne!(checksum(&["a", "b"]), checksum(&["ab"]));
        assert_eq!(checksum(&["a"]), checksum(&["a"]));
    }
}
