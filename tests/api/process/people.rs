//! `portcullis user …` beside a running server: what an operator does acts on the next request, within the bound.

use serde_json::{Value, json};

use super::caller::Caller;
use super::support::{Home, Server};
use crate::support::{PASSWORD, eventually};

const ACCOUNT: &str = "/api/v1/account";

fn json_of(home: &Home, arguments: &[&str]) -> Value {
    let said = home.run(&[arguments, &["--output", "json"]].concat()).expect(0).stdout;
    serde_json::from_str(&said).unwrap()
}

fn sign_in(server: &Server, name: &str, password: &str) -> crate::support::Answer {
    server.anonymous().post("/api/v1/auth/login", &json!({ "login": name, "password": password }))
}

/// Waits until the server has noticed that the session is over.
fn ends(caller: &Caller, reason: &str) {
    eventually("the session ends", || caller.get(ACCOUNT).status == 401);
    let answer = caller.get(ACCOUNT).problem(401, "auth.session_ended");
    assert!(answer.text.contains(reason), "{answer:?}");
}

#[test]
fn disabling_and_enabling_act_on_the_running_server() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    ada.get(ACCOUNT).expect(200);
    let said =
        home.run(&["user", "disable", "ada", "--reason", "calm down", "--until", "2h"]).expect(0).stdout;
    assert!(said.starts_with("ada is disabled until 20"), "{said}");
    ends(&ada, "disabled");
    let refused = sign_in(&server, "ada", PASSWORD).problem(403, "account.disabled");
    assert!(refused.text.contains("calm down"), "{refused:?}");
    let shown = json_of(&home, &["user", "show", "ada"]);
    assert_eq!((&shown["status"], &shown["disabled_reason"]), (&json!("disabled"), &json!("calm down")));
    home.run(&["user", "enable", "ada"]).expect(0);
    eventually("she may sign in", || sign_in(&server, "ada", PASSWORD).status == 200);
    home.run(&["user", "disable", "ada", "--until", "2020-01-01T00:00:00Z"]).fails(1, &["until"]);
    home.run(&["user", "disable", "ada", "--until", "soon"]).fails(2, &["soon", "2h"]);
    home.run(&["user", "disable", "ada", "--reason", &"x".repeat(501)]).fails(1, &["reason", "500"]);
}

#[test]
fn a_new_password_ends_all_sessions() {
    let home = Home::new();
    let server = home.start(&[]);
    let (ada, other) = (server.user("ada"), server.sign_in("ada"));
    home.run_with(&["user", "password", "ada"], "short\n").fails(1, &["password"]);
    ada.get(ACCOUNT).expect(200);
    let made = home.run_with(&["user", "password", "ada"], "another horse, another staple\n").expect(0);
    assert!(!format!("{made:?}").contains("another horse"), "{made:?}");
    for caller in [ada, other] {
        ends(&caller, "password_changed");
    }
    sign_in(&server, "ada", PASSWORD).problem(401, "auth.invalid_credentials");
    sign_in(&server, "ada", "another horse, another staple").expect(200);
}

#[test]
fn a_role_counts_from_the_next_request_on() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    ada.get("/api/v1/users").problem(403, "auth.forbidden");
    for (role, status) in [("admin", 200), ("user", 403), ("approver", 200)] {
        // Somebody else stays an administrator.
        if role == "user" {
            home.run_with(&["user", "create", "--admin", "--username", "root"], PASSWORD).expect(0);
        }
        let said = home.run(&["user", "role", "ada", role]).expect(0).stdout;
        assert!(said.contains(&format!("ada is active, with the role {role}")), "{said}");
        eventually("the role is felt", || ada.get("/api/v1/users").status == status);
    }
}

#[test]
fn sessions_are_listed_with_their_ends_and_ended_one_by_one() {
    let home = Home::new();
    let server = home.start(&[]);
    let (ada, other, third) = (server.user("ada"), server.sign_in("ada"), server.sign_in("ada"));
    let live = json_of(&home, &["user", "sessions", "ada"]);
    assert_eq!(live.as_array().unwrap().len(), 3);
    assert_eq!(live[0]["ip"], "127.0.0.1");
    third.post("/api/v1/auth/logout", &json!(null)).expect(204);
    let oldest = live[2]["id"].as_str().unwrap();
    home.run(&["user", "sessions", "ada", "--end-id", oldest]).expect(0);
    ends(&ada, "administrator");
    other.get(ACCOUNT).expect(200);
    home.run(&["user", "sessions", "ada", "--end-id", oldest]).fails(1, &["session"]);
    let said = home.run(&["user", "sessions", "ada", "--end"]).expect(0).stdout;
    assert!(said.ends_with("ended: 1.\n"), "{said}");
    ends(&other, "administrator");
    assert_eq!(json_of(&home, &["user", "sessions", "ada"]), json!([]));
    let all = json_of(&home, &["user", "sessions", "ada", "--all"]);
    let mut reasons: Vec<_> =
        all.as_array().unwrap().iter().map(|row| row["end_reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["administrator", "administrator", "logout"]);
    let table = home.run(&["user", "sessions", "ada", "--all"]).expect(0).stdout;
    assert!(table.contains("BECAUSE") && table.contains("logout"), "{table}");
}

#[test]
fn a_deleted_account_is_gone_at_once() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    home.run(&["user", "delete", "ada"]).fails(1, &["--yes"]);
    ada.get(ACCOUNT).expect(200);
    let said = home.run(&["user", "delete", "ada", "--yes"]).expect(0).stdout;
    assert!(said.starts_with("Deleted the account ada ("), "{said}");
    eventually("the session ends", || ada.get(ACCOUNT).status == 401);
    sign_in(&server, "ada", PASSWORD).problem(401, "auth.invalid_credentials");
    home.run(&["user", "show", "ada"]).fails(1, &["Nobody is called"]);
    server.user("ada");
}

#[test]
fn lists_can_be_narrowed() {
    let home = Home::new();
    for (name, admin) in [("ada", true), ("bob", false), ("bobby", false)] {
        let mut create = vec!["user", "create", "--username", name];
        create.extend(admin.then_some("--admin"));
        home.run_with(&create, PASSWORD).expect(0);
    }
    home.run(&["user", "disable", "bob"]).expect(0);
    for (flags, names) in [
        (&["--role", "admin"][..], &["ada"][..]),
        (&["--status", "disabled"], &["bob"]),
        (&["--search", "BOB"], &["bob", "bobby"]),
        (&["--search", "bob", "--status", "active"], &["bobby"]),
    ] {
        let list = json_of(&home, &[&["user", "list"][..], flags].concat());
        let found: Vec<_> =
            list.as_array().unwrap().iter().map(|row| row["username"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{flags:?}");
    }
}
