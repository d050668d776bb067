//! Files that the program writes are committed as it writes them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// File, and the command that prints it.
const GENERATED: &[(&str, &[&str])] = &[
    ("portcullis.example.toml", &["config", "example", "toml"]),
    (".env.example", &["config", "example", "env"]),
    ("docs/configuration.md", &["config", "example", "markdown"]),
    ("docs/command-line.md", &["reference"]),
    ("docs/errors.md", &["openapi", "--errors"]),
    ("docs/openapi.json", &["openapi"]),
];

fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(arguments)
        .current_dir(&folder)
        .env_clear()
        .output();
    let output = program.unwrap();
    assert!(output.status.success(), "portcullis {}: {output:?}", arguments.join(" "));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the wish to write the files instead comes from the environment"
)]
fn generated_files_are_as_the_program_prints_them() {
    let update = std::env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, arguments) in GENERATED {
        let (path, wanted) = (root.join(name), printed(arguments));
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, wanted).unwrap();
            continue;
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == wanted,
            "{name} is not what `portcullis {}` prints. Write all generated files anew and commit them:\n    \
             UPDATE_GENERATED=1 cargo test --test api generated",
            arguments.join(" ")
        );
    }
}
