//! The first start without any configuration, and everything that can stand in the way of a start.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::support::{Finished, Home, Server};
use crate::support::{PASSWORD, database_server};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// The file of the set that signs; beside it stands only that of the next one.
fn signing_key(home: &Home) -> std::path::PathBuf {
    let folder = home.data().join("keys");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    let listed = home.run(&["key", "list", "--output", "json"]).expect(0).stdout;
    let sets: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let current = sets.iter().find(|set| set["state"] == "current").unwrap();
    folder.join(format!("{}.json", current["id"].as_str().unwrap()))
}

/// A data folder that a server has used and left.
fn used() -> Home {
    let home = Home::new();
    home.start(&[]).stop();
    home
}

#[test]
fn it_makes_everything_for_its_owner_alone() {
    let home = Home::with_file();
    let server = home.start(&[]);
    server.user("ada");
    assert_eq!(mode(&home.data()), 0o700);
    assert_eq!(mode(&home.data().join("keys")), 0o700);
    let mut files = vec![signing_key(&home)];
    let top = fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path());
    files.extend(top.filter(|path| path.is_file()));
    assert!(files.len() >= 4, "key, database, journal, lock: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// Engine and place, as the operator would name them.
fn database(home: &Home) -> String {
    let status = home.run(&["db", "status", "--output", "json"]).expect(0).stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    format!("{} {}", status["engine"].as_str().unwrap(), status["location"].as_str().unwrap())
}

#[test]
fn the_printed_command_reads_the_same_configuration() {
    let home = Home::with_file();
    fs::write(home.path().join("the gate.toml"), "[database]\nurl = \"sqlite:elsewhere.db\"\n").unwrap();
    let server = home.start_with(&["--config", "the gate.toml"], &[]);
    let said = server.stdout();
    let command = said.lines().find_map(|line| line.trim().strip_prefix("first admin")).unwrap();
    let command = command.trim().replacen("portcullis", env!("CARGO_BIN_EXE_portcullis"), 1);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &command]).env_clear().current_dir(home.path());
    let made = Finished::of(shell, PASSWORD).expect(0).stdout;
    assert!(made.contains("elsewhere.db"), "{command}: {made}");
    assert!(said.contains("elsewhere.db"), "{said}");
    server.stop();
}

#[test]
fn it_prints_what_the_operator_needs_next() {
    let home = Home::new();
    let server = home.start(&[]);
    let folder = fs::canonicalize(home.data()).unwrap();
    let (address, folder) = (server.address, folder.display());
    let lines = [
        format!("  address        http://{address}"),
        format!("  data folder    {folder}"),
        format!("  database       {}", database(&home)),
        format!("  documentation  http://{address}/docs/"),
        format!(
            "  first admin    portcullis user create --admin --email YOU@EXAMPLE.COM --data-dir {folder}"
        ),
    ];
    for line in lines {
        assert!(server.stdout().lines().any(|printed| printed == line), "{line:?}: {}", server.stdout());
    }
    server.anonymous().get("/docs/").expect(200);
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn it_needs_no_configuration_at_all() {
    let home = Home::with_file();
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0"]);
    let mut child = command.stdout(fs::File::create(home.path().join("said")).unwrap()).spawn().unwrap();
    crate::support::eventually("it starts", || {
        fs::read_to_string(home.path().join("said")).unwrap().contains("first admin")
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(mode(&home.path().join("portcullis-data")), 0o700);
}

#[test]
fn a_second_server_on_the_folder_is_refused_and_the_first_goes_on() {
    let home = Home::new();
    let server = home.start(&[]);
    home.refused(&[]).fails(1, &["Another Portcullis server is running", "data.dir", "data"]);
    server.anonymous().get("/readyz").expect(200);
    server.kill();
    home.start(&[]).stop();
}

#[test]
fn a_taken_port_names_the_setting() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let listen = format!("server.listen={address}");
    home.refused(&[&listen]).fails(1, &["Cannot listen on", &address, "server.listen", "--listen"]);
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let home = Home::new();
    fs::write(home.path().join("file"), "").unwrap();
    for place in ["file", "file/below", "/proc/portcullis"] {
        let command = home.command(&["serve", "--listen", "127.0.0.1:0", "--data-dir", place]);
        Finished::of(command, "").fails(1, &["data.dir", place]);
    }
}

#[test]
fn a_folder_open_to_others_is_warned_about() {
    let home = used();
    fs::set_permissions(home.data(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(signing_key(&home), Permissions::from_mode(0o644)).unwrap();
    let server = home.start(&[]);
    let log = server.stderr();
    assert!(log.contains("chmod 700") && log.contains("chmod 600"), "{log}");
}

#[test]
fn a_damaged_key_file_is_named_and_left_alone() {
    let home = used();
    let key = signing_key(&home);
    let whole = fs::read_to_string(&key).unwrap();
    let other_key = whole.replace("signing_key\": \"", "signing_key\": \"AAAA");
    let short_secret = serde_json::json!({ "mac_secret": "c2hvcnQ=" });
    let mut short: serde_json::Value = serde_json::from_str(&whole).unwrap();
    short["mac_secret"] = short_secret["mac_secret"].clone();
    for damaged in ["", "{", &whole[..whole.len() / 2], &other_key, &short.to_string()] {
        fs::write(&key, damaged).unwrap();
        home.refused(&[]).fails(1, &["The key file", &key.display().to_string()]);
        assert_eq!(fs::read_to_string(&key).unwrap(), damaged);
    }
    fs::write(&key, whole).unwrap();
    home.start(&[]).stop();
}

#[test]
fn a_missing_key_file_that_the_database_knows_is_asked_for() {
    let home = used();
    let key = signing_key(&home);
    let kept = home.path().join("kept");
    fs::rename(&key, &kept).unwrap();
    let name = key.file_name().unwrap().to_str().unwrap();
    // On a server another node may have it.
    let advice = if database_server().is_some() { "keys.master_key_file" } else { "backup" };
    for _ in 0..2 {
        home.refused(&[]).fails(1, &["The database", "the key set", name, advice]);
    }
    fs::rename(&kept, &key).unwrap();
    signing_key(&home);
    home.start(&[]).stop();
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let home = used();
    home.execute(
        "INSERT INTO schema_steps (number, name, checksum, started_at, done_at) VALUES (999, 'future', 'x', 1, 1)",
    );
    let words = ["newer than this program", "999", "future"];
    home.refused(&[]).fails(1, &words);
    for command in [["user", "list"], ["db", "migrate"]] {
        home.run(&command).fails(1, &words);
    }
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let home = Home::with_file();
    home.start(&[]).stop();
    fs::write(home.database(), "no database, but long enough to look like one. ".repeat(100)).unwrap();
    home.refused(&[]).fails(1, &[&home.database().display().to_string()]);
}

#[test]
fn a_start_survives_the_death_of_the_one_before_it() {
    let home = Home::new();
    for _ in 0..3 {
        let server: Server = home.start(&[]);
        server.anonymous().get("/readyz").expect(200);
        server.kill();
    }
}
