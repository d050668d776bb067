//! What is written about the configuration, and that no secret is.

use secrecy::ExposeSecret;

use super::super::secrets::masked;
use super::super::*;
use super::House;

#[test]
fn a_secret_is_in_no_output_and_no_message() {
    let loaded = House::new().flag("database.url", "postgres://ada:hunter2@db.example/portcullis").load();
    assert_eq!(loaded.config.database.url.expose_secret(), "postgres://ada:hunter2@db.example/portcullis");
    for output in [loaded.show(), loaded.show_json()] {
        assert!(output.contains("postgres://ada:********@db.example/portcullis"), "{output}");
    }
    let all = [loaded.show(), loaded.show_json(), format!("{loaded:?}"), format!("{:#?}", loaded.config)];
    assert!(!all.concat().contains("hunter2"));

    for broken in [
        House::new().toml("[database]\nurl = \"postgres://ada:hunter2@db\nx = 1"),
        House::new().toml("[database]\nurl = postgres://ada:hunter2@db\n"),
        House::new().toml("[database]\nurl = [\"postgres://ada:hunter2@db\"]"),
        House::new().file(".env", "PORTCULLIS_DATABASE__URL postgres://ada:hunter2@db?a=b"),
        House::new().file(".env", "PORTCULLIS_DATABASE__URL='postgres://ada:hunter2@db"),
        House::new().flag("server.public_url", "https://ada:hunter2@example.org"),
    ] {
        let problems = broken.problems().concat();
        assert!(!problems.is_empty() && !problems.contains("hunter2"), "{problems}");
    }

    let empty = House::new().flag("database.url", "").problems();
    assert_eq!(empty, ["database.url (flag): the value does not fit; expected text"]);
}

#[test]
fn of_a_secret_only_what_is_surely_no_password_is_shown() {
    for (secret, shown) in [
        ("sqlite:", "sqlite:"),
        ("sqlite:/var/lib/portcullis/a b.db", "sqlite:/var/lib/portcullis/a b.db"),
        ("mysql://ada@db/p", "mysql://ada@db/p"),
        ("mysql://ada:pw@db:3306/p?charset=utf8", "mysql://ada:********@db:3306/p?charset=utf8"),
        ("postgres://db/p?user=ada&Password=pw", "postgres://db/p?********"),
        ("postgres://ada:12/34@db/p", "********"),
        ("postgres://ada:12?34@db/p", "********"),
        ("postgres://ada:1#2@db/p", "********"),
        ("postgres://ada:p/w@db/p", "********"),
        ("host=db password=pw", "********"),
    ] {
        assert_eq!(masked(secret), shown);
    }
}

#[test]
fn examples_without_their_comment_signs_give_the_defaults() {
    let uncommented = |text: &str| {
        let lines = text.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| c.is_ascii_alphabetic()) => setting,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let defaults = Config::default().shown();
    for (name, example) in [("portcullis.toml", example_toml()), (".env", example_env())] {
        let loaded = House::new().file(name, &uncommented(&example)).load();
        assert_eq!(loaded.config.shown(), defaults);
        assert!(!loaded.show().contains("# default"), "{name} leaves a setting out");
        assert_eq!(House::new().file(name, &example).load().show(), House::new().load().show());
    }
}

#[test]
fn what_is_shown_can_be_read_back_as_a_file() {
    let house = House::new()
        .flag("tokens.issuer", "quoted \"text\" \\ \t é")
        .flag("server.trusted_proxies", "10.0.0.0/8,::1")
        .flag("sessions.idle_lifetime", "36h");
    let loaded = house.load();
    let again = House::new().toml(&loaded.show()).load();
    assert_eq!(again.config.shown(), loaded.config.shown());
}

#[test]
fn the_json_view_has_every_setting_with_its_origin() {
    let loaded = House::new().variable("PORTCULLIS_SERVER__MAX_HEADERS", "64").load();
    let json: serde_json::Value = serde_json::from_str(&loaded.show_json()).unwrap();
    assert_eq!(json["server"]["max_headers"]["value"], 64);
    assert_eq!(json["server"]["max_headers"]["from"], "environment variable PORTCULLIS_SERVER__MAX_HEADERS");
    for setting in settings() {
        assert!(json[setting.section][setting.key]["from"].is_string(), "{}", setting.name);
    }
}

#[test]
fn the_reference_tells_every_setting() {
    let reference = reference_markdown();
    for setting in settings() {
        let section = reference.split("\n## ").find(|section| section.starts_with(setting.section));
        let mut rows = section.unwrap_or_else(|| panic!("{} is missing", setting.section)).lines();
        let row = rows.find(|line| line.starts_with(&format!("| `{}` |", setting.key)));
        let row = row.unwrap_or_else(|| panic!("{} is missing", setting.name));
        assert_eq!(row.matches(" | ").count(), 3, "{row}");
        assert!(row.contains(&setting.accepts()), "{row}");
    }
}
