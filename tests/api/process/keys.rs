//! `portcullis key …` while servers run.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::caller::Caller;
use super::support::{Finished, Home, Server};
use crate::keys::kid_of;
use crate::support::{database_server, eventually};

const MASTER_KEY: &str = "keys.master_key=a master key of tests, long enough to be one";

fn list(home: &Home, settings: &[&str]) -> Vec<Value> {
    let mut command = vec!["key", "list", "--output", "json"];
    command.extend(settings);
    serde_json::from_str(&home.run(&command).expect(0).stdout).unwrap()
}

fn id_of(sets: &[Value], state: &str) -> String {
    let set = sets.iter().find(|set| set["state"] == state).unwrap_or_else(|| panic!("{state}: {sets:?}"));
    set["id"].as_str().unwrap().to_owned()
}

/// Waits until a new sign-in carries this key, and gives the session.
fn signs_in_with(server: &Server, name: &str, key: &str) -> Caller {
    let caller = server.sign_in(name);
    assert_eq!(kid_of(&caller.access_token), key, "at once, not soon");
    caller
}

fn refused_soon(caller: &Caller) {
    eventually("the token is refused", || caller.get("/api/v1/account").status == 401);
}

#[test]
fn a_rotation_signs_nobody_out_and_a_revocation_everybody_of_that_key() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let sets = list(&home, &[]);
    let (current, next) = (id_of(&sets, "current"), id_of(&sets, "next"));
    assert_eq!(kid_of(&ada.access_token), current);
    let set = sets.iter().find(|set| set["id"] == json!(current)).unwrap();
    assert_eq!((&set["live_sessions"], &set["algorithm"]), (&json!(1), &json!("EdDSA")));
    assert!(set["age_seconds"].is_u64() && set["created_at"].is_string(), "{set}");

    let said = home.run(&["key", "rotate"]).expect(0).stdout;
    assert!(said.contains(&next) && said.contains("Nobody is signed out"), "{said}");
    let other = signs_in_with(&server, "ada", &next);
    ada.get("/api/v1/account").expect(200);
    let moved = ada.with_tokens(&ada.refresh().expect(200)).at(&server);
    assert_eq!(kid_of(&moved.access_token), next);

    let said = home.run(&["key", "revoke", &next]).expect(0).stdout;
    assert!(said.contains("Sessions ended: 2"), "{said}");
    for caller in [&moved, &other] {
        refused_soon(caller);
        // Refused by its MAC, or, for a moment more, by its session: the server learns of both from one change.
        let refused = caller.refresh().expect(401).text_at("code");
        assert!(["auth.invalid_refresh_token", "auth.session_ended"].contains(&&*refused), "{refused}");
    }
    let sets = list(&home, &[]);
    assert_eq!(id_of(&sets, "revoked"), next);
    signs_in_with(&server, "ada", &id_of(&sets, "current")).get("/api/v1/account").expect(200);
    let table = home.run(&["key", "list"]).expect(0).stdout;
    for word in ["STATE", "SESSIONS", "revoked", "previous", "current", "next"] {
        assert!(table.contains(word), "{table}");
    }
    server.stop();
    home.start(&[]).stop();
}

#[test]
fn wrong_words_are_told() {
    let home = Home::new();
    home.start(&[]).stop();
    home.run(&["key", "revoke", "nonsense"]).fails(2, &["nonsense", "16 digits"]);
    home.run(&["key", "revoke", "0123456789abcdef"]).fails(1, &["no key set 0123456789abcdef", "key list"]);
}

#[test]
fn a_set_whose_file_is_lost_can_be_revoked_so_that_the_server_starts() {
    let home = Home::new();
    home.start(&[]).stop();
    home.run(&["key", "rotate"]).expect(0);
    let previous = id_of(&list(&home, &[]), "previous");
    fs::remove_file(home.data().join(format!("keys/{previous}.json"))).unwrap();
    home.refused(&[]).fails(1, &[&previous]);
    home.run(&["key", "revoke", &previous]).expect(0);
    home.start(&[]).stop();
}

#[test]
fn whoever_is_elsewhere_than_the_keys_changes_nothing() {
    if database_server().is_none() {
        eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
        return;
    }
    let home = Home::new();
    home.start(&[]).stop();
    let before = list(&home, &[]);
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let mut command: Command = home.command(&["key", "rotate", "--data-dir"]);
    command.arg(&elsewhere);
    Finished::of(command, "").fails(1, &["which this node does not have"]);
    assert_eq!(files(elsewhere.join("keys")), 0, "no file where no server looks");
    assert_eq!(list(&home, &[]).len(), before.len());
    home.run(&["key", "rotate"]).expect(0);
}

#[test]
fn nodes_with_a_master_key_follow_a_command_without_a_restart() {
    if database_server().is_none() {
        return;
    }
    let home = Home::new();
    let one = Server::start(&home, &home.path().join("one"), &[MASTER_KEY]);
    let two = Server::start(&home, &home.path().join("two"), &[MASTER_KEY]);
    let ada = one.user("ada");
    fs::create_dir(home.data()).unwrap();
    home.run(&["key", "rotate"]).fails(1, &["no master key", "keys.master_key_file"]);
    let with = ["--set", MASTER_KEY];
    let next = id_of(&list(&home, &with), "next");
    home.run(&["key", "rotate", "--set", MASTER_KEY]).expect(0);
    // No node signs with the old key from here on, whether it has noticed or not.
    for server in [&two, &one] {
        signs_in_with(server, "ada", &next).at(&one).get("/api/v1/account").expect(200);
    }
    ada.at(&two).get("/api/v1/account").expect(200);
    let there = signs_in_with(&two, "ada", &next);
    home.run(&["key", "revoke", &next, "--set", MASTER_KEY]).expect(0);
    refused_soon(&there);
    refused_soon(&there.at(&one));
    ada.at(&two).get("/api/v1/account").expect(200);
    assert_eq!(files(home.data().join("keys")), 0, "they stand sealed in the database");
}

fn files(folder: PathBuf) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}
