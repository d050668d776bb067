//! Where settings come from, what is shown of them, and what is refused.

use std::fs;

use serde_json::Value;

use super::support::{Finished, Home};

/// A home where every source sets something.
fn sourced() -> Home {
    let home = Home::with_file();
    let file = "[server]\nmax_headers = 50\nmax_body = \"2MiB\"\n[tokens]\naccess_lifetime = \"5m\"\n\
                [database]\nurl = \"mariadb://portcullis:hunter2@db.example/portcullis\"\n";
    fs::write(home.path().join("portcullis.toml"), file).unwrap();
    fs::write(
        home.path().join(".env"),
        "PORTCULLIS_SERVER__MAX_BODY=3MiB\nPORTCULLIS_SESSIONS__IDLE_LIFETIME=2d\n",
    )
    .unwrap();
    home
}

#[test]
fn every_value_names_its_source_and_secrets_are_masked() {
    let home = sourced();
    let mut command = home.command(&["config", "show", "--set", "log.level=debug"]);
    command.env("PORTCULLIS_SESSIONS__IDLE_LIFETIME", "3d");
    let shown = Finished::of(command, "").expect(0).stdout;
    for (setting, value, source) in [
        ("max_headers", "50", "portcullis.toml line 2"),
        ("max_body", "3", ".env line 1"),
        ("idle_lifetime", "3d", "environment variable PORTCULLIS_SESSIONS__IDLE_LIFETIME"),
        ("level", "debug", "flag"),
        ("min_length", "8", "default"),
        ("url", "********", "portcullis.toml line 7"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(&format!("{setting} = "))).unwrap_or_default();
        assert!(line.contains(value) && line.ends_with(source), "{setting}: {shown}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn programs_get_the_same_as_json() {
    let home = sourced();
    let said = Finished::of(home.command(&["config", "show", "--output", "json"]), "").expect(0).stdout;
    let shown: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(shown["tokens"]["access_lifetime"]["value"], "5m");
    assert!(shown["tokens"]["access_lifetime"]["from"].as_str().unwrap().ends_with("portcullis.toml line 5"));
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn unknown_names_are_refused_with_the_nearest_everywhere() {
    let home = Home::with_file();
    fs::write(home.path().join("portcullis.toml"), "[server]\nlisen = \"127.0.0.1:1\"\n").unwrap();
    fs::write(home.path().join(".env"), "PORTCULLIS_TOKENS__ACESS_LIFETIME=5m\n").unwrap();
    for arguments in
        [&["config", "check"][..], &["config", "show"], &["serve"], &["user", "list"], &["db", "status"]]
    {
        let mut command = home.command(arguments);
        command.env("PORTCULLIS_LOG__LEVL", "info").args(["--set", "password.min_lenght=9"]);
        Finished::of(command, "").fails(
            2,
            &[
                "server.lisen",
                "server.listen",
                "line 2",
                "PORTCULLIS_TOKENS__ACCESS_LIFETIME",
                "PORTCULLIS_LOG__LEVEL",
                "password.min_length",
            ],
        );
    }
    assert!(
        !home.path().join("portcullis-data").exists(),
        "nothing is made before the configuration is good"
    );
}

#[test]
fn values_out_of_range_name_the_setting_and_the_range() {
    let home = Home::with_file();
    for (setting, words) in [
        ("server.max_headers=5", &["server.max_headers", "16", "1000"][..]),
        ("server.listen=somewhere", &["server.listen"]),
        ("tokens.access_lifetime=5", &["tokens.access_lifetime"]),
        ("server.tls_key=/a", &["server.tls_certificate", "server.tls_key"]),
        ("accounts.registration=ajar", &["accounts.registration", "open", "closed"]),
        ("nonsense", &["nonsense"]),
    ] {
        for command in [&["config", "check"][..], &["serve"]] {
            Finished::of(home.command(&[command, &["--set", setting]].concat()), "").fails(2, words);
        }
    }
}

#[test]
fn a_good_configuration_is_called_good() {
    let home = sourced();
    assert_eq!(
        Finished::of(home.command(&["config", "check"]), "").expect(0).stdout,
        "The configuration is good.\n"
    );
    let named = ["config", "check", "--config", "missing.toml"];
    Finished::of(home.command(&named), "").fails(2, &["missing.toml", "cannot be read"]);
}

#[test]
fn the_printed_examples_are_good_configurations() {
    let home = Home::with_file();
    for (form, file) in [("toml", "portcullis.toml"), ("env", ".env")] {
        let example = Finished::of(home.command(&["config", "example", form]), "").expect(0).stdout;
        // With every setting uncommented: an assignment is the line without a space after the mark.
        let uncommented = example.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        });
        fs::write(home.path().join(file), uncommented.collect::<String>()).unwrap();
        Finished::of(home.command(&["config", "check"]), "").expect(0);
    }
}

#[test]
fn an_engine_that_is_not_there_is_refused_by_name() {
    let home = Home::with_file();
    home.refused(&["database.url=oracle://scott:tiger@db/x"]).fails(2, &["database.url", "sqlite:"]);
    let said = home.refused(&["database.url=oracle://scott:tiger@db/x"]);
    assert!(!said.stderr.contains("tiger"), "{said:#?}");
}
