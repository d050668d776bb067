//! Commands that only look make nothing where there is nothing, and say so.

use std::fs;

use super::support::{Finished, Home};

const LOOKING: [&[&str]; 10] = [
    &["key", "list"],
    &["db", "status"],
    &["db", "migrate", "--check"],
    &["user", "list"],
    &["user", "show", "ada"],
    &["audit", "list"],
    &["files", "check"],
    &["backup", "archive"],
    &["doctor"],
    &["doctor", "--output", "json"],
];

fn says(home: &Home, command: &[&str], words: &str) {
    let finished = home.run(command).expect(1);
    let said = format!("{}{}", finished.stdout, finished.stderr);
    assert!(said.contains(words) && !said.contains("panicked"), "{command:?}: {said}");
}

#[test]
fn without_a_data_folder_none_is_made() {
    let home = Home::with_file();
    for command in LOOKING {
        says(&home, command, "There is no da");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{command:?} made something");
    }
}

#[test]
fn without_a_database_none_is_made() {
    let home = Home::with_file();
    fs::create_dir(home.data()).unwrap();
    for command in LOOKING {
        says(&home, command, "There is no database");
        assert_eq!(fs::read_dir(home.data()).unwrap().count(), 0, "{command:?} made something");
    }
}

#[test]
fn a_database_on_a_server_is_looked_at_from_anywhere() {
    let home = Home::new();
    if home.with_own_file() {
        return;
    }
    for (command, code) in [
        (&["db", "status"][..], 0),
        (&["db", "migrate", "--check"], 0),
        (&["user", "list"], 1),
        (&["audit", "list"], 1),
    ] {
        let said = home.run(command).expect(code).stderr;
        assert_eq!(said.contains("There is no data folder"), code == 1, "{command:?}: {said}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{command:?} made something");
    }
}

#[test]
fn what_only_a_server_needs_keeps_no_command_from_its_work() {
    let home = Home::new();
    home.start(&[]).stop();
    let settings = ["--set", "server.tls_certificate=none.pem", "--set", "server.tls_key=none.pem"];
    home.run(&["user", "list"]).expect(0);
    let mut list = home.command(&[&["user", "list"][..], &settings].concat());
    list.arg("--data-dir").arg(home.data());
    Finished::of(list, "").expect(0);
    let check = home.command(&[&["config", "check"][..], &settings].concat());
    Finished::of(check, "").fails(2, &["server.tls_certificate"]);
}

#[test]
fn settings_that_cannot_be_used_end_with_two_everywhere() {
    let home = Home::with_file();
    fs::write(home.path().join("short"), "too short").unwrap();
    fs::write(home.path().join("empty"), "").unwrap();
    let server = "database.url=postgres://a@127.0.0.1:1/b";
    for (settings, words) in [
        (&["database.url=mysql://a@/b"][..], &["database.url", "host"][..]),
        (&[server, "database.password_file=none"], &["none (database.password_file)", "cannot be read"]),
        (&[server, "database.password_file=empty"], &["(database.password_file)", "empty"]),
        (&[server, "database.tls=verify-full", "database.tls_ca=none"], &["database.tls_ca", "none"]),
        (&["keys.master_key_file=none"], &["none (keys.master_key_file)", "cannot be read"]),
        (&["keys.master_key_file=short"], &["keys.master_key_file", "32"]),
        (&["keys.master_key=short"], &["keys.master_key", "32"]),
        (&["tokens.algorithm=HS256"], &["tokens.hs256_secret"]),
        (&["tokens.algorithm=HS256", "tokens.hs256_secret_file=short"], &["tokens.hs256_secret_file"]),
        (&["backup.passphrase_file=none"], &["backup.passphrase_file", "none", "cannot be read"]),
        (&["backup.passphrase_file=empty"], &["backup.passphrase_file", "empty"]),
        (&["backup.passphrase_file=short"], &["backup.passphrase_file", "at least 12"]),
    ] {
        let flags: Vec<_> = settings.iter().flat_map(|setting| ["--set", *setting]).collect();
        let check = home.command(&[&["config", "check"][..], &flags].concat());
        Finished::of(check, "").fails(2, words);
        home.refused(settings).fails(2, words);
        if settings[0].starts_with("database.") {
            let list = home.command(&[&["user", "list"][..], &flags].concat());
            Finished::of(list, "").fails(2, words);
        }
    }
    assert!(!home.data().exists() && !home.path().join("portcullis-data").exists(), "something was made");
}
