//! Which account a name means, and what operators are refused.

use serde_json::Value;

use super::support::{Finished, Home};
use crate::support::PASSWORD;

fn made(home: &Home, flags: &[&str]) -> String {
    let said = home.run_with(&[&["user", "create"][..], flags].concat(), PASSWORD).expect(0).stdout;
    // Made the account NAME (ROLE, ID) in …
    said.split_once(", ").unwrap().1.split_once(')').unwrap().0.to_owned()
}

fn shown(home: &Home, name: &str) -> Value {
    serde_json::from_str(&home.run(&["user", "show", name, "--output", "json"]).expect(0).stdout).unwrap()
}

#[test]
fn an_account_is_named_by_address_user_name_or_id() {
    let home = Home::new();
    let id = made(&home, &["--email", "Ada@Example.com", "--username", "Ada"]);
    for name in ["ada@example.com", " ADA@EXAMPLE.COM", "ada", "Ada", &id, &id.to_uppercase()] {
        assert_eq!(shown(&home, name)["id"], id.as_str(), "{name}");
    }
    for name in ["bob", "", "ada@example.org", "0190a5b6-0000-7000-8000-000000000000", "%", "'"] {
        home.run(&["user", "show", name]).fails(1, &["Nobody is called", "portcullis user list"]);
    }
    let text = home.run(&["user", "show", "ada"]).expect(0).stdout;
    for words in ["Ada@Example.com", &id, "active", "last sign-in      -"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_user_name_that_looks_like_another_accounts_id_is_ambiguous() {
    let home = Home::new();
    let id = made(&home, &["--username", "ada"]);
    let other = made(&home, &["--username", &id, "--email", "eve@example.com"]);
    home.run(&["user", "delete", &id, "--yes"]).fails(1, &["the id of one account", &other]);
    assert_eq!(shown(&home, "eve@example.com")["id"], other.as_str());
    assert_eq!(shown(&home, &other)["id"], other.as_str());
    assert_eq!(shown(&home, "ada")["id"], id.as_str());
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let home = Home::new();
    made(&home, &["--username", "root", "--admin"]);
    made(&home, &["--username", "ada"]);
    for (command, words) in [
        (&["approve", "ada"][..], "not wait"),
        (&["reject", "ada"], "not wait"),
        (&["enable", "ada"], "not disabled"),
        (&["role", "root", "user"], "last"),
        (&["disable", "root"], "last"),
        (&["delete", "root", "--yes"], "last"),
    ] {
        let finished = home.run(&[&["user"][..], command].concat()).expect(1);
        assert!(finished.stderr.contains(words), "{words}: {finished:#?}");
    }
    for command in
        [&["role", "ada", "king"][..], &["role", "ada"], &["list", "--status", "gone"], &["approve"]]
    {
        Finished::of(home.command(&[&["user"][..], command].concat()), "").fails(2, &["--help"]);
    }
}
