//! A fresh installation by the command line: what an operator does from the first administrator on, beside the server that
//! runs, and the audit log that tells every step.

use serde_json::{Value, json};

use super::support::{Home, Server};
use crate::support::{Answer, PASSWORD, eventually};

const ACCOUNT: &str = "/api/v1/account";

fn register(server: &Server, name: &str) -> String {
    let body = json!({ "username": name, "password": PASSWORD });
    let answer = server.anonymous().post("/api/v1/auth/register", &body);
    assert!(answer.status.is_success(), "{answer:?}");
    sign_in(server, name).problem(403, "account.pending");
    answer.json["id"].as_str().unwrap().to_owned()
}

fn sign_in(server: &Server, name: &str) -> Answer {
    server.anonymous().post("/api/v1/auth/login", &json!({ "login": name, "password": PASSWORD }))
}

fn operator(home: &Home, command: &[&str]) {
    home.run(&[&["user"][..], command].concat()).expect(0);
}

/// What the audit log says of an account, oldest first: what happened, and whether an operator did it.
fn told(home: &Home, account: &str) -> Vec<(String, bool)> {
    let said = home.run(&["audit", "list", "--account", account, "--output", "json"]).expect(0).stdout;
    let events: Value = serde_json::from_str(&said).unwrap();
    let event =
        |event: &Value| (event["kind"].as_str().unwrap().to_owned(), event["detail"]["by"] == "command line");
    events.as_array().unwrap().iter().rev().map(event).collect()
}

/// The id of the key set that signs.
fn current_key(home: &Home) -> String {
    let listed = home.run(&["key", "list", "--output", "json"]).expect(0).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let current = listed.as_array().unwrap().iter().find(|set| set["state"] == "current").unwrap();
    current["id"].as_str().unwrap().to_owned()
}

fn expected(steps: &[(&str, bool)]) -> Vec<(String, bool)> {
    steps.iter().map(|(kind, by_operator)| ((*kind).to_owned(), *by_operator)).collect()
}

#[test]
fn from_the_first_administrator_to_an_audit_log_of_every_step() {
    let home = Home::new();
    home.run_with(&["user", "create", "--admin", "--username", "root"], PASSWORD).expect(0);
    let server = home.start(&["accounts.registration=approval"]);
    let root = server.sign_in("root");
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| register(&server, name));

    let waiting = home.run(&["user", "list", "--status", "pending", "--output", "json"]).expect(0).stdout;
    let waiting: Value = serde_json::from_str(&waiting).unwrap();
    assert_eq!(waiting.as_array().unwrap().len(), 3, "{waiting}");
    operator(&home, &["approve", "ada", "--reason", "known to us"]);
    operator(&home, &["approve", &bob]);
    operator(&home, &["reject", "eve"]);
    sign_in(&server, "eve").problem(403, "account.disabled");
    let (adas, bobs) = (server.sign_in("ada"), server.sign_in("bob"));
    adas.get(ACCOUNT).expect(200);

    operator(&home, &["disable", "ada", "--until", "1s"]);
    eventually("her session ends", || adas.get(ACCOUNT).status == 401);
    adas.get(ACCOUNT).problem(401, "auth.session_ended");
    eventually("she returns by herself", || sign_in(&server, "ada").status == 200);

    bobs.get("/api/v1/users").problem(403, "auth.forbidden");
    operator(&home, &["role", "bob", "approver"]);
    eventually("his role is felt", || bobs.get("/api/v1/users").status == 200);
    operator(&home, &["role", "bob", "user"]);
    eventually("and that he lost it", || bobs.get("/api/v1/users").status == 403);

    // Keys: nobody is signed out by a rotation, and everybody of a revoked set is.
    let callers = [&root, &bobs];
    let old = current_key(&home);
    home.run(&["key", "rotate"]).expect(0);
    let new = current_key(&home);
    assert_ne!(old, new);
    for caller in callers {
        caller.get(ACCOUNT).expect(200);
    }
    let fresh = bobs.with_tokens(&bobs.refresh().expect(200));
    home.run(&["key", "revoke", &old]).expect(0);
    eventually("the sessions of the revoked set end", || root.get(ACCOUNT).status == 401);
    assert_eq!(root.refresh().status, 401);
    // His session has moved to the new set.
    fresh.get(ACCOUNT).expect(200);
    let root = server.sign_in("root");
    home.run(&["key", "revoke", &new]).expect(0);
    for caller in [&root, &fresh] {
        eventually("everybody of it is signed out", || caller.get(ACCOUNT).status == 401);
    }
    server.sign_in("root").get(ACCOUNT).expect(200);

    // What was refused is written down without anybody waiting for it.
    let settled = |account: &str, kinds: &[(&str, bool)]| {
        let steps = || {
            let mut steps = told(&home, account);
            let others = ["session.refused", "permission.refused", "session.started", "session.ended"];
            steps.retain(|(kind, _)| !others.contains(&kind.as_str()));
            steps
        };
        assert_eq!(steps(), expected(kinds), "{account}");
    };
    settled("root", &[("account.created", true)]);
    settled(&ada, &[("account.created", false), ("account.approved", true), ("account.disabled", true)]);
    settled(
        &bob,
        &[
            ("account.created", false),
            ("account.approved", true),
            ("role.changed", true),
            ("role.changed", true),
        ],
    );
    settled(&eve, &[("account.created", false), ("account.rejected", true)]);
    for (account, kind) in [(&eve, "session.refused"), (&bob, "permission.refused")] {
        eventually("refusals are told", || told(&home, account).contains(&(kind.to_owned(), false)));
    }
    for (kind, times) in [("key.rotated", 1), ("key.revoked", 2)] {
        let said = home.run(&["audit", "list", "--kind", kind, "--output", "json"]).expect(0).stdout;
        let events: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(events.as_array().unwrap().len(), times, "{said}");
    }
    let reason = home.run(&["audit", "list", "--kind", "account.approved"]).expect(0).stdout;
    assert!(reason.contains("known to us") && reason.contains("command line"), "{reason}");
    server.stop();
}

#[test]
fn the_audit_log_is_read_by_time_kind_and_number() {
    let home = Home::new();
    for name in ["ada", "bob", "eve"] {
        home.run_with(&["user", "create", "--username", name], PASSWORD).expect(0);
    }
    let list = |flags: &[&str]| {
        let said = home.run(&[&["audit", "list", "--output", "json"][..], flags].concat()).expect(0).stdout;
        serde_json::from_str::<Value>(&said).unwrap().as_array().unwrap().clone()
    };
    let all = list(&[]);
    assert_eq!(all.len(), 3);
    let middle = all[1]["at"].as_str().unwrap();
    assert_eq!(list(&["--limit", "2"]), all[..2]);
    assert_eq!(list(&["--since", middle]), all[..2]);
    assert_eq!(list(&["--until", middle]), all[2..]);
    assert_eq!(list(&["--account", "bob"]), all[1..2]);
    assert_eq!(list(&["--kind", "account.created"]), all);
    assert_eq!(list(&["--kind", "account.deleted"]), [Value::Null; 0]);
    home.run(&["user", "delete", "bob", "--yes"]).expect(0);
    let gone = all[1]["account"].as_str().unwrap();
    assert_eq!(list(&["--account", gone]).len(), 2, "events outlive their account");
    let table = home.run(&["audit", "list"]).expect(0).stdout;
    assert!(table.starts_with("AT ") && table.contains("account.deleted"), "{table}");
    home.run(&["audit", "list", "--account", "nobody"]).fails(1, &["Nobody is called"]);
    home.run(&["audit", "list", "--since", "yesterday"]).fails(2, &["--since", "2026-11-21T08:00:00Z"]);
}
