//! Commands beside a running server, and what the server makes of changes by another process.

use serde_json::{Value, json};

use super::support::{Finished, Home};
use crate::support::{PASSWORD, eventually};

const CREATE: [&str; 5] = ["user", "create", "--admin", "--username", "root"];

#[test]
fn an_administrator_made_beside_the_server_can_sign_in() {
    let home = Home::new();
    let server = home.start(&[]);
    server.user("ada");
    let made = home.run_with(&CREATE, &format!("{PASSWORD}\n")).expect(0);
    assert!(made.stdout.contains("root") && made.stdout.contains("admin"), "{made:#?}");
    assert!(!format!("{made:?}").contains(PASSWORD), "{made:#?}");
    let root = server.sign_in("root");
    assert_eq!(root.get("/api/v1/account").expect(200).json["role"], "admin");
}

#[test]
fn a_new_account_is_told_with_its_database() {
    let home = Home::with_file();
    let said = home.run_with(&CREATE, PASSWORD).expect(0).stdout;
    let database = home.database();
    assert!(said.starts_with("Made the account root (admin, "), "{said}");
    assert!(
        said.contains(" in the SQLite database ") && said.contains(&database.display().to_string()),
        "{said}"
    );
}

#[test]
fn a_password_may_end_with_either_line_end_or_none() {
    let home = Home::new();
    for (number, end) in ["", "\n", "\r\n"].into_iter().enumerate() {
        let name = format!("user{number}");
        home.run_with(&["user", "create", "--username", &name], &format!("{PASSWORD}{end}")).expect(0);
        home.start(&[]).sign_in(&name);
    }
}

#[test]
fn accounts_are_listed_for_people_and_for_programs() {
    let home = Home::new();
    home.run_with(&CREATE, PASSWORD).expect(0);
    let ada = ["user", "create", "--email", "Ada@Example.com", "--name", "Ada"];
    home.run_with(&ada, PASSWORD).expect(0);
    let server = home.start(&[]);
    let table = home.run(&["user", "list"]).expect(0).stdout;
    for words in ["LOGIN", "root", "admin", "Ada@Example.com", "active"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    let list: Value =
        serde_json::from_str(&home.run(&["user", "list", "--output", "json"]).expect(0).stdout).unwrap();
    let logins: Vec<_> =
        list.as_array().unwrap().iter().map(|row| (&row["username"], &row["email"], &row["role"])).collect();
    assert_eq!(json!(logins), json!([["root", null, "admin"], [null, "Ada@Example.com", "user"]]));
    let fields: Vec<_> = list[0].as_object().unwrap().keys().collect();
    assert_eq!(
        json!(fields),
        json!([
            "created_at",
            "disabled_reason",
            "disabled_until",
            "email",
            "id",
            "last_login_at",
            "name",
            "role",
            "status",
            "updated_at",
            "username"
        ])
    );
    server.stop();
}

#[test]
fn what_cannot_be_an_account_is_refused_with_a_sentence() {
    let home = Home::new();
    home.run_with(&CREATE, PASSWORD).expect(0);
    for (arguments, password, words) in [
        (&CREATE[..], PASSWORD, &["user name exists"][..]),
        (&["user", "create", "--username", "a2"], "short", &["password", "8"]),
        (&["user", "create", "--username", "a3"], "", &["password"]),
        (&["user", "create", "--username", "a4"], "password123", &["password"]),
        (&["user", "create", "--email", "nobody"], PASSWORD, &["email"]),
    ] {
        home.run_with(arguments, password).fails(1, words);
    }
    let list: Value =
        serde_json::from_str(&home.run(&["user", "list", "--output", "json"]).expect(0).stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[test]
fn a_password_is_never_an_argument() {
    let home = Home::new();
    home.run(&["user", "create", "--username", "ada", "--password", PASSWORD]).fails(2, &["--password"]);
    home.run(&["user", "create", "--username", "ada", PASSWORD]).fails(2, &["unexpected argument"]);
    home.run_with(&["user", "create"], PASSWORD).fails(2, &["--email"]);
}

/// Another process writes into the database; the server must notice by itself.
fn foreign_change(sql: &str, code: (u16, &str)) {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    ada.get("/api/v1/account").expect(200);
    home.execute(sql);
    eventually("the server notices", || ada.get("/api/v1/account").status != 200);
    ada.get("/api/v1/account").problem(code.0, code.1);
    ada.refresh().problem(401, "auth.session_ended");
}

#[test]
fn a_session_ended_by_another_process_is_refused() {
    foreign_change(
        "UPDATE sessions SET ended_at = 1, end_reason = 'administrator'",
        (401, "auth.session_ended"),
    );
}

#[test]
fn an_account_disabled_by_another_process_is_refused() {
    foreign_change("UPDATE accounts SET status = 'disabled'", (401, "auth.session_ended"));
}

#[test]
fn an_epoch_moved_by_another_process_is_noticed() {
    foreign_change("UPDATE accounts SET epoch = epoch + 1", (401, "auth.session_ended"));
}

#[test]
fn the_database_can_be_looked_at_before_and_while_the_server_runs() {
    let home = Home::with_file();
    let none = home.run(&["db", "status"]).expect(1).stderr;
    assert!(none.contains("There is no database") && none.contains("database.url"), "{none}");
    let migrated = home.run(&["db", "migrate"]).expect(0).stdout;
    assert!(migrated.contains("foundation") && migrated.contains("done"), "{migrated}");
    let server = home.start(&[]);
    for command in ["status", "migrate"] {
        let said = home.run(&["db", command]).expect(0).stdout;
        assert!(said.contains("0001") && !said.contains("not done"), "{said}");
    }
    let status = home.run(&["db", "status"]).expect(0).stdout;
    for words in ["SQLite 3.", "portcullis.db", "bytes", "wal", "foreign_keys"] {
        assert!(status.contains(words), "{words}: {status}");
    }
    server.anonymous().get("/readyz").expect(200);
}

#[test]
fn the_api_is_printed_as_served() {
    let home = Home::new();
    let said = home.run(&["openapi"]).expect(0).stdout;
    let printed: Value = serde_json::from_str(&said).unwrap();
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"), "{printed}");
    assert!(printed["paths"]["/api/v1/tasks"]["post"].is_object());
    let errors = home.run(&["openapi", "--errors"]).expect(0).stdout;
    assert!(errors.contains("task.not_found") && errors.contains("database.full"), "{errors}");
    assert!(!home.data().exists(), "nothing is made for it");
}

#[test]
fn every_command_explains_itself() {
    let home = Home::new();
    for (command, words) in [
        (
            &[][..],
            &[
                "serve",
                "db",
                "user",
                "openapi",
                "config",
                "--data-dir",
                "--set",
                "Exit codes",
                "portcullis-data",
            ][..],
        ),
        (&["serve"], &["--listen", "server.listen", "SIGTERM", "SIGINT"]),
        (&["db"], &["migrate", "status"]),
        (&["db", "migrate"], &["schema"]),
        (&["db", "status"], &["engine", "size"]),
        (&["user"], &["create", "list"]),
        (
            &["user", "create"],
            &["--email", "--username", "--name", "--admin", "standard input", "without echo"],
        ),
        (&["user", "list"], &["--output", "table", "json"]),
        (&["openapi"], &["--errors", "/api/v1"]),
        (&["doctor"], &["--output", "Exit code 1", "database is away"]),
        (&["completion"], &["bash", "zsh", "fish", "~/.local/share/bash-completion"]),
        (&["config"], &["show", "check", "example"]),
        (&["config", "show"], &["--output", "json", "masked"]),
        (&["config", "check"], &["exit code 2"]),
        (&["config", "example"], &["toml", "env", "markdown"]),
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = Finished::of(home.command(&arguments), "").expect(0).stdout;
        // Lines break where the terminal ends.
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(help.contains(word), "{command:?} does not mention {word:?}: {help}");
        }
    }
    assert!(Finished::of(home.command(&["--version"]), "").expect(0).stdout.starts_with("portcullis "));
    Finished::of(home.command(&[]), "").fails(2, &["Usage"]);
    Finished::of(home.command(&["surve"]), "").fails(2, &["serve"]);
}
