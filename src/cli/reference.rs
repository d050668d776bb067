//! The reference of the command line, made from the parser itself.

use clap::{Arg, Command};

/// `docs/command-line.md`: every command with its exact form, options and meaning.
pub(super) fn markdown() -> String {
    let mut parser = super::parser();
    parser.build();
    let everywhere = table("flag", parser.get_arguments().filter(|argument| argument.is_global_set()));
    let mut page = format!("{INTRODUCTION}{everywhere}");
    describe(&parser, &mut page);
    page
}

const INTRODUCTION: &str = "\
# Command line

<!-- Generated from the parser in src/cli/; change it there. -->

`portcullis COMMAND --help` says the same as this page about one command.

| exit code | means |
|---|---|
| 0 | done, stopped as told, or nothing found wrong |
| 1 | not done, or something was found wrong; standard error says what |
| 2 | a wrong command line or configuration; trying again will not help |
| 70 | `serve` only: the database's writer thread died and took the process down so that it is started anew |

What was asked for goes to standard output, everything else to standard error. Lists are tables for people, and JSON with
`--output json`. Passwords and passphrases are asked for without echo, or read as one line from standard input where that is
no terminal; they are never arguments. Commands that only look make nothing: where there is no database, they say so and end
with 1.

Every command but `restore` and `db reset` may run while the server runs. It acts on a change within 250 ms on SQLite and
within one second on MariaDB and PostgreSQL.

## Flags of every command
";

/// The leaves below a command, each in a section of its own.
fn describe(command: &Command, page: &mut String) {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
    {
        if inner.has_subcommands() {
            describe(inner, page);
        } else {
            page.push_str(&section(inner));
        }
    }
}

fn section(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let own = || command.get_arguments().filter(|argument| !argument.is_global_set() && !is_help(argument));
    let places = table("argument", own().filter(|argument| argument.is_positional()));
    let flags = table("flag", own().filter(|argument| !argument.is_positional()));
    format!("\n## `{name}`\n\n{}\n\n```text\n{usage}\n```\n{places}{flags}", sentence(&about))
}

/// With the full stop that the parser takes off.
fn sentence(text: &str) -> String {
    let whole = text.is_empty() || text.ends_with(['.', ':']);
    if whole { text.to_owned() } else { format!("{text}.") }
}

fn is_help(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}

fn table<'a>(heading: &str, arguments: impl Iterator<Item = &'a Arg>) -> String {
    let rows: String = arguments.map(row).collect();
    if rows.is_empty() { rows } else { format!("\n| {heading} | is |\n|---|---|\n{rows}") }
}

fn row(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default().join(" ");
    let form = match argument.get_long() {
        None => values,
        Some(flag) if argument.get_action().takes_values() => format!("--{flag} {values}"),
        Some(flag) => format!("--{flag}"),
    };
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut help = sentence(&help);
    let possible = argument.get_possible_values();
    if argument.get_action().takes_values() && !possible.is_empty() {
        let names: Vec<_> = possible.iter().map(|value| format!("`{}`", value.get_name())).collect();
        help = format!("{help} One of {}.", names.join(", "));
    }
    let cells = [format!("`{form}`"), help.split_whitespace().collect::<Vec<_>>().join(" ")];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}
