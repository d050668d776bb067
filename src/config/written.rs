//! The settings in writing: example files and reference, made from the table alone.

use serde_json::Value as Json;

use super::declare::Setting;
use super::kinds::Form;
use super::settings::{SECTIONS, settings};

const WIDTH: usize = 100;

/// `portcullis.example.toml`: every setting, commented out, with its default and what it means.
pub fn example_toml() -> String {
    let opening = comment(
        "Settings of Portcullis with their defaults. Copy to portcullis.toml, and take the # off the lines you \
         change. Environment variables and flags win over this file.",
    );
    let sections = SECTIONS.iter().map(|section| {
        let settings = section.settings.iter();
        let lines = settings.map(|setting| format!("\n{}#{}\n", about(setting), default_line(setting)));
        format!("\n{}[{}]\n{}", comment(section.doc), section.name, lines.collect::<String>())
    });
    opening + &sections.collect::<String>()
}

/// `.env.example`: every setting as an environment variable, commented out, with its default and what it means.
pub fn example_env() -> String {
    let opening = comment(
        "Settings of Portcullis with their defaults, for the environment. Copy to .env, and take the # off the \
         lines you change. Lists are separated by commas. This file wins over portcullis.toml; variables of the \
         process win over this file.",
    );
    let lines = settings().map(|setting| {
        // Bare, such a value would be a comment.
        let quote = if setting.default.starts_with('#') { "'" } else { "" };
        format!("\n{}#{}={quote}{}{quote}\n", about(setting), setting.variable(), setting.default)
    });
    opening + &lines.collect::<String>()
}

/// `docs/configuration.md`: the reference of all settings.
pub fn reference_markdown() -> String {
    let sections = SECTIONS.iter().map(|section| {
        let rows: String = section.settings.iter().map(row).collect();
        format!("\n## {}\n\n{}\n\n{TABLE_HEAD}{rows}", section.name, section.doc)
    });
    INTRODUCTION.to_owned() + &sections.collect::<String>()
}

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from src/config/settings.rs; change it there. -->

Every setting has a default, so that Portcullis starts without any. Each of these sources wins over the ones
before it:

1. the defaults below
2. `portcullis.toml` in the working folder, or the file named by `--config`, which then must exist
3. `.env` in the working folder
4. environment variables `PORTCULLIS_<SECTION>__<KEY>`, such as `PORTCULLIS_SERVER__LISTEN`
5. flags of the command line

Lists are arrays in the file and separated by commas in variables. Durations and sizes are text with a unit. An
empty value means \"none\" where a setting allows that. A name that is no setting stops the start, and so does a
value that does not fit; `portcullis config show` tells where each value came from.
";

const TABLE_HEAD: &str = "| key | default | takes | meaning |\n|---|---|---|---|\n";

fn row(setting: &Setting) -> String {
    let default =
        if setting.kind.optional { "none".to_owned() } else { format!("`{}`", toml_default(setting)) };
    let cells = [format!("`{}`", setting.key), default, setting.accepts(), meaning(setting)];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn about(setting: &Setting) -> String {
    comment(&meaning(setting)) + &comment(&format!("Takes {}.", setting.accepts()))
}

fn meaning(setting: &Setting) -> String {
    let secret = if setting.secret() { " A secret: a password in it is never shown." } else { "" };
    format!("{}{secret}", setting.doc)
}

/// The text in lines that start with `# ` and are at most [`WIDTH`] wide.
fn comment(text: &str) -> String {
    let mut lines = String::from("#");
    let mut width = 1;
    for word in text.split_whitespace() {
        if width + 1 + word.len() > WIDTH {
            lines.push_str("\n#");
            width = 1;
        }
        lines.push(' ');
        lines.push_str(word);
        width += 1 + word.len();
    }
    lines + "\n"
}

fn default_line(setting: &Setting) -> String {
    format!("{} = {}", setting.key, toml_default(setting))
}

fn toml_default(setting: &Setting) -> String {
    match setting.kind.form {
        Form::Quoted => toml_value(&Json::from(setting.default)),
        Form::Bare => setting.default.to_owned(),
        Form::List => {
            let elements = setting.default.split(',').filter(|element| !element.is_empty());
            toml_value(&elements.map(Json::from).collect())
        }
    }
}

/// A value as the configuration file spells it; what JSON escapes in text, TOML escapes alike.
pub(super) fn toml_value(value: &Json) -> String {
    match value {
        Json::Null => "\"\"".to_owned(),
        Json::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(toml_value).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    }
}
