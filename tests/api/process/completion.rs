//! Scripts that complete commands in shells, and the reference of the command line.

use std::io::Write;
use std::process::{Command, Stdio};

use super::support::{Finished, Home};

#[test]
fn scripts_name_the_commands_and_their_flags() {
    let home = Home::with_file();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completion", shell]).expect(0).stdout;
        for words in
            ["serve", "backup", "doctor", "approve", "migrate", "data-dir", "encrypt", "passphrase-file"]
        {
            assert!(script.contains(words), "{shell} does not know {words}");
        }
    }
    assert!(!home.data().exists(), "nothing is made for it");
    Finished::of(home.command(&["completion", "cmd"]), "").fails(2, &["bash", "zsh", "fish"]);
}

#[test]
fn bash_can_read_its_script() {
    let script = Home::with_file().run(&["completion", "bash"]).expect(0).stdout;
    let Ok(mut bash) = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()
    else {
        eprintln!("skipped: there is no bash");
        return;
    };
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let read = bash.wait_with_output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn the_reference_has_a_section_for_every_command() {
    let home = Home::with_file();
    let page = home.run(&["reference"]).expect(0).stdout;
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## `portcullis ")).collect();
    assert!(sections.len() > 20, "{sections:?}");
    for section in &sections {
        let mut words: Vec<_> = section.trim_end_matches('`').split(' ').collect();
        words.push("--help");
        Finished::of(home.command(&words), "").expect(0);
    }
    for section in ["serve`", "user approve`", "audit list`", "db migrate`", "restore`"] {
        assert!(sections.contains(&section), "{section}: {sections:?}");
    }
}
