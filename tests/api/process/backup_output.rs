//! What a backup says and where: the archive alone on standard output, bars on a terminal only.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Output, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::backup::{archived, text};
use super::support::Home;

/// A command with this standard output, run to its end.
fn output(home: &Home, arguments: &[&str], stdout: Stdio) -> Output {
    let mut command = home.command(arguments);
    command.arg("--data-dir").arg(home.data()).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn an_archive_goes_over_standard_output_into_standard_input() {
    let (home, _) = archived(&[]);
    let made = output(&home, &["backup", "-"], Stdio::piped());
    assert!(made.status.success(), "{made:?}");
    let piped = home.path().join("piped");
    fs::write(&piped, made.stdout).unwrap();
    let other = Home::with_file();
    let mut restore = other.command(&["restore", "-", "--data-dir", text(&other.data())]);
    let restored = restore.stdin(File::open(piped).unwrap()).output().unwrap();
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(other.start(&[]).sign_in("ada").titles().len(), 20);
}

#[test]
fn standard_output_that_takes_no_more_is_a_failure() {
    let (home, _) = archived(&[]);
    let full = output(&home, &["backup", "-"], File::options().write(true).open("/dev/full").unwrap().into());
    assert_eq!(full.status.code(), Some(1));
    let said = String::from_utf8(full.stderr).unwrap();
    assert!(said.contains("standard output") && said.contains("No space left"), "{said}");
}

#[test]
fn without_a_terminal_there_is_one_line_and_no_bar() {
    let (home, archive) = archived(&[]);
    let made = format!("Made {}", text(&archive));
    for (arguments, done) in [
        (["backup", text(&archive)], made.as_str()),
        (["backup", "-"], "Sent the archive to standard output"),
    ] {
        let made = output(&home, &arguments, Stdio::piped());
        let said = String::from_utf8(made.stderr).unwrap();
        let rest = said.strip_prefix(&format!("{done}: ")).unwrap_or_else(|| panic!("{said:?}"));
        assert!(
            rest.ends_with(" files, restored once and found good.\n") && said.lines().count() == 1,
            "{said:?}"
        );
        assert_eq!(made.stdout.is_empty(), arguments[1] != "-");
    }
}

#[test]
fn a_terminal_is_shown_bars_and_gets_no_archive() {
    let (home, archive) = archived(&[]);
    let shown = on_terminal(&home, &["backup", text(&archive)]);
    for stage in ["copying the database", "packing", "unpacking", "Made ", " found good."] {
        assert!(shown.contains(stage), "{stage}: {shown:?}");
    }
    let shown = on_terminal(&home, &["restore", text(&archive), "--force"]);
    assert!(shown.contains("unpacking") && shown.contains("Restored the backup of"), "{shown:?}");
    let refused = on_terminal(&home, &["backup", "-"]);
    assert!(refused.contains("Standard output is a terminal."), "{refused:?}");
}

/// What a command shows on a terminal of its own.
fn on_terminal(home: &Home, arguments: &[&str]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let inner = || Stdio::from(File::options().read(true).write(true).open(&name).unwrap());
    let mut command = home.command(arguments);
    command.arg("--data-dir").arg(home.data()).env("TERM", "xterm");
    let mut child = command.stdin(inner()).stdout(inner()).stderr(inner()).spawn().unwrap();
    // With the command its ends of the terminal are here.
    drop(command);
    let mut shown = Vec::new();
    // Reading ends with an error once nobody has the other end any more.
    File::from(terminal).read_to_end(&mut shown).ok();
    child.wait().unwrap();
    String::from_utf8_lossy(&shown).into_owned()
}
