//! `portcullis doctor`: what it finds, what it advises, and that it only looks.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::support::{Finished, Home};

/// What was found with these flags, and the exit code.
fn found(home: &Home, flags: &[&str]) -> (Vec<Value>, i32) {
    let finished = home.run(&[&["doctor", "--output", "json"][..], flags].concat());
    let findings: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:#?}"));
    (findings.as_array().unwrap().clone(), finished.code)
}

/// A finding of this area and grade that holds these words, with an advice that holds those.
#[track_caller]
fn expect(findings: &[Value], area: &str, grade: &str, words: &str, advice: &str) {
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let fits = |finding: &&Value| {
        finding["area"] == area
            && finding["grade"] == grade
            && text(finding, "found").contains(words)
            && text(finding, "advice").contains(advice)
    };
    assert!(findings.iter().any(|finding| fits(&finding)), "{area}/{grade}/{words}/{advice}: {findings:#?}");
}

/// An installation that a server has used. With a file: the servers that tests use need not be safe.
fn used() -> Home {
    used_by(Home::with_file())
}

fn used_by(home: Home) -> Home {
    home.start(&[]).stop();
    home
}

#[test]
fn a_sound_installation_has_no_problem_while_its_server_runs_or_not() {
    let home = Home::with_file();
    let server = home.start(&[]);
    let running = found(&home, &[]);
    server.anonymous().get("/readyz").expect(200);
    server.stop();
    for (findings, code) in [running, found(&home, &[])] {
        assert_eq!(code, 0, "{findings:#?}");
        for area in ["configuration", "public URL", "proxies", "files", "database", "schema", "clock", "keys"]
        {
            let of_area: Vec<_> = findings.iter().filter(|finding| finding["area"] == area).collect();
            assert!(!of_area.is_empty(), "{area} is missing: {findings:#?}");
            assert!(of_area.iter().all(|finding| finding["grade"] == "ok"), "{of_area:#?}");
        }
        for finding in &findings {
            assert_eq!(finding["advice"].is_null(), finding["grade"] == "ok", "{finding:#}");
        }
        expect(&findings, "last backup", "warning", "makes no backups", "backup.dir");
        assert!(findings.iter().any(|finding| finding["area"] == "disk space"), "{findings:#?}");
    }
    let said = home.run(&["doctor"]).expect(0).stdout;
    for words in ["ok       schema", "warning  last backup", "-> set backup.dir", "no problems, "] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn it_changes_nothing() {
    let home = used();
    let listed = |folder: &Path| {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name(), entry.metadata().unwrap().len()))
            .collect();
        entries.sort();
        entries
    };
    let before = (listed(&home.data()), listed(&home.data().join("keys")));
    found(&home, &["--set", "backup.dir=archives"]);
    assert_eq!((listed(&home.data()), listed(&home.data().join("keys"))), before);
    assert!(!home.path().join("archives").exists());
}

#[test]
fn addresses_that_do_not_go_together_are_found() {
    let home = used();
    let none: &[&str] = &[];
    for (settings, area, grade, words, advice) in [
        (none, "public URL", "ok", "none", ""),
        (&["server.listen=0.0.0.0:5001"], "public URL", "warning", "0.0.0.0:5001", "server.public_url"),
        (&["server.public_url=http://a.example"], "public URL", "warning", "not encrypted", "https"),
        (&["server.public_url=http://localhost:5000"], "public URL", "ok", "localhost", ""),
        (
            &["server.public_url=https://a.example"],
            "proxies",
            "problem",
            "plain HTTP",
            "server.trusted_proxies",
        ),
        (
            &["server.public_url=https://a.example", "server.trusted_proxies=127.0.0.1"],
            "proxies",
            "ok",
            "127.0.0.1",
            "",
        ),
        (
            &["server.public_url=https://a.example", "server.trusted_proxies=10.0.0.0/8"],
            "proxies",
            "problem",
            "names others",
            "127.0.0.1",
        ),
        (&["server.trusted_proxies=0.0.0.0/0"], "proxies", "problem", "any client", "proxies alone"),
        (
            &[
                "server.public_url=https://a.example",
                "server.trusted_proxies=10.0.0.1",
                "server.listen=0.0.0.0:5001",
            ],
            "proxies",
            "warning",
            "every address",
            "server.listen",
        ),
    ] {
        let flags: Vec<_> = settings.iter().flat_map(|setting| ["--set", *setting]).collect();
        expect(&found(&home, &flags).0, area, grade, words, advice);
    }
}

#[test]
fn files_that_others_can_read_are_found() {
    let home = used();
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    let key = fs::read_dir(home.data().join("keys")).unwrap().next().unwrap().unwrap().path();
    let secret = home.path().join("passphrase");
    fs::write(&secret, "a passphrase, long enough").unwrap();
    open(&secret, 0o600);
    let passphrase = format!("backup.passphrase_file={}", secret.display());
    let flags = ["--set", &passphrase];
    assert_eq!(found(&home, &flags).1, 0);
    for (path, closed, opened, grade) in [
        (home.data(), 0o700, 0o755, "problem"),
        (key.clone(), 0o600, 0o644, "problem"),
        (key, 0o600, 0o640, "warning"),
        (secret, 0o600, 0o604, "problem"),
    ] {
        open(&path, opened);
        let (findings, code) = found(&home, &flags);
        expect(&findings, "files", grade, &path.display().to_string(), &format!("chmod {closed:o} "));
        assert_eq!(code, i32::from(grade == "problem"));
        open(&path, closed);
    }
    assert_eq!(found(&home, &flags).1, 0);
}

#[test]
fn a_configuration_file_with_a_secret_is_a_secret() {
    let home = used();
    let file = home.path().join("portcullis.toml");
    fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    fs::write(&file, "[log]\nlevel = \"info\"\n").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(found(&home, &[]).1, 0);
    let key = "0123456789abcdefghijklmnopqrstuvwxyz";
    fs::write(&file, format!("[keys]\nmaster_key = \"{key}\"\n")).unwrap();
    let (findings, code) = found(&home, &[]);
    expect(&findings, "files", "problem", "portcullis.toml", "chmod 600");
    assert_eq!(code, 1);
    assert!(!format!("{findings:?}").contains(key));
}

#[test]
fn weak_secrets_are_found_and_never_shown() {
    let home = used();
    let server = "database.url=postgres://ada:hunter2@db.example.org/gate";
    let master = "keys.master_key=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbb";
    let (findings, code) = found(&home, &["--set", master, "--set", "backup.dir=archives"]);
    expect(&findings, "secrets", "problem", "master key", "openssl rand");
    expect(&findings, "secrets", "warning", "archives are not encrypted", "backup.passphrase_file");
    assert_eq!(code, 1);
    assert!(!format!("{findings:?}").contains("aaaaaaaa"));
    let unreachable = server.replace("db.example.org", "127.0.0.1:1");
    let (findings, _) = found(&home, &["--set", &unreachable]);
    expect(&findings, "secrets", "warning", "password has fewer than 12", "longer");
    assert!(!format!("{findings:?}").contains("hunter2"));
}

#[test]
fn a_database_that_is_away_is_told_and_the_rest_is_looked_at() {
    let home = used();
    let (findings, code) = found(&home, &["--set", "database.url=postgres://ada@127.0.0.1:1/gate"]);
    assert_eq!(code, 1);
    expect(&findings, "database", "problem", "cannot be used", "docs/operations.md");
    for area in ["schema", "clock", "keys"] {
        expect(&findings, area, "warning", "the database is away", "again");
    }
    expect(&findings, "files", "ok", "", "");
}

#[test]
fn schema_clock_and_keys_are_read_off_the_database() {
    let home = used_by(Home::new());
    for (change, area, grade, words, advice) in [
        ("UPDATE key_sets SET created_at = 1", "keys", "warning", "days old", "key rotate"),
        ("UPDATE schema_steps SET done_at = 4000000000000", "clock", "problem", "gone back", "NTP"),
        (
            "UPDATE schema_steps SET done_at = NULL",
            "schema",
            "problem",
            "begun and not finished",
            "db migrate",
        ),
        (
            "INSERT INTO schema_steps (number, name, checksum, started_at) VALUES (999, 'future', 'x', 1)",
            "schema",
            "problem",
            "newer than this program",
            "docs/operations.md",
        ),
    ] {
        home.execute(change);
        expect(&found(&home, &[]).0, area, grade, words, advice);
    }
}

#[test]
fn the_last_backup_is_held_against_the_schedule() {
    let home = used();
    let folder = home.path().join("archives");
    let flags = ["--set", "backup.dir=archives"];
    expect(&found(&home, &flags).0, "last backup", "warning", "none", "start the server");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let old = folder.join("portcullis-20200101T000000.000Z.tar.gz");
    fs::write(&old, "").unwrap();
    fs::set_permissions(&old, Permissions::from_mode(0o600)).unwrap();
    expect(&found(&home, &flags).0, "last backup", "problem", "more than twice", "log");
    home.run(&["backup", "archives"]).expect(0);
    expect(&found(&home, &flags).0, "last backup", "ok", "old", "");
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_problem_and_a_wrong_flag_is_misuse() {
    let home = used();
    let (findings, code) = found(&home, &["--set", "server.lisen=a", "--set", "tokens.access_lifetime=5"]);
    assert_eq!((findings.len(), code), (2, 1), "{findings:#?}");
    expect(&findings, "configuration", "problem", "server.listen", "correct");
    expect(&findings, "configuration", "problem", "tokens.access_lifetime", "correct");
    Finished::of(home.command(&["doctor", "--cure"]), "").fails(2, &["--cure"]);
}
