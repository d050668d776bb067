//! Lists, for people and for programs: one printer for every command.

use std::fmt::Write;

use serde::Serialize;

use super::say;

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// For people.
    #[default]
    Table,
    /// JSON for programs.
    Json,
}

// The flag of commands that print a list.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Form {
    /// How to print it.
    #[arg(long, value_enum, default_value = "table")]
    pub(super) output: Output,
}

/// A column: its heading, and what a row shows there.
pub(super) type Column<T> = (&'static str, fn(&T) -> String);

impl Form {
    /// Prints rows as a table, or as an array of what they serialize to.
    pub(super) fn print_list<T: Serialize>(self, rows: &[T], columns: &[Column<T>]) {
        match self.output {
            Output::Table => say(table(rows, columns).trim_end()),
            Output::Json => print_json(&rows),
        }
    }

    /// Whether programs read it.
    pub(super) fn is_json(self) -> bool {
        self.output == Output::Json
    }
}

/// Prints something for programs.
pub(super) fn print_json(value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value);
    say(text.expect("rows are plain fields, texts and numbers"));
}

/// Rows under their headings, each column as wide as its widest cell; the last one takes what it needs.
fn table<T>(rows: &[T], columns: &[Column<T>]) -> String {
    let cells = |row: &T| columns.iter().map(|(_, cell)| printable(&cell(row))).collect::<Vec<_>>();
    let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(headings).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let mut padded = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            write!(padded, "{cell:<width$}  ").ok();
        }
        text.push_str(padded.trim_end());
        text.push('\n');
    }
    text
}

/// On one line, and without anything that a terminal would obey: names and reasons come from strangers.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let columns: [Column<(&str, &str)>; 2] = [("NAME", |row| row.0.into()), ("ROLE", |row| row.1.into())];
        let text = table(&[("ada", "admin"), ("Žofie Nováková", "user")], &columns);
        assert_eq!(text, "NAME            ROLE\nada             admin\nŽofie Nováková  user\n");
        assert_eq!(table(&[], &columns), "NAME  ROLE\n");
    }

    #[test]
    fn no_cell_speaks_to_the_terminal() {
        let columns: [Column<&str>; 1] = [("NAME", |name| (*name).into())];
        assert_eq!(table(&["a\u{1b}[2Jb\nc"], &columns), "NAME\na\u{fffd}[2Jb\u{fffd}c\n");
    }
}
