//! `portcullis mail …` by the built program.

use std::fs;

use portcullis::mail::Template;
use serde_json::Value;

use crate::process::support::Home;
use crate::support::{Arrived, PASSWORD, eventually};

fn mails(home: &Home, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["mail", "list", "--output", "json"], arguments].concat();
    let listed = home.run(&arguments).expect(0);
    serde_json::from_str(&listed.stdout).unwrap()
}

#[test]
fn an_operator_sees_retries_and_tries_mails() {
    let home = Home::new();
    let blocked = "mail.folder=/proc/nothing";
    let server = home.start(&[blocked]);
    assert!(server.stdout().contains("mails          .eml files in /proc/nothing"), "{}", server.stdout());
    let body = serde_json::json!({ "email": "ada@example.com", "username": "ada", "password": PASSWORD });
    server.anonymous().post("/api/v1/auth/register", &body).expect(201);
    eventually("the mail was tried", || mails(&home, &[])[0]["attempts"] == 1);
    server.stop();

    let mail = mails(&home, &["--state", "queued"]).remove(0);
    assert_eq!((&mail["template"], &mail["recipient"]), (&"welcome".into(), &"ada@example.com".into()));
    assert!(mail["last_error"].as_str().unwrap().contains("mail.folder"), "{mail}");
    assert_eq!(mails(&home, &["--state", "sent"]), [Value::Null; 0]);
    let id = mail["id"].as_str().unwrap();
    let shown = home.run(&["mail", "show", id]).expect(0);
    assert!(shown.stdout.contains("\"username\": null"), "{shown:?}");
    home.run(&["mail", "show", "0198c5b0-0000-7000-8000-000000000000"]).fails(1, &["There is no mail"]);
    let table = home.run(&["mail", "list"]).expect(0).stdout;
    assert!(table.contains(id) && table.contains("ada@example.com"), "{table}");

    // A command beside the server: it hears of it, and the mail leaves at once.
    let server = home.start(&[]);
    assert!(home.run(&["mail", "retry", id]).code < 2);
    eventually("the mail was sent", || mails(&home, &[])[0]["state"] == "sent");
    assert_eq!(fs::read_dir(home.data().join("mail")).unwrap().count(), 1);
    home.run(&["mail", "retry", id]).fails(1, &["This mail is sent"]);
    assert!(home.run(&["mail", "retry", "--failed"]).expect(0).stdout.contains("0 queued"));
    let trial = home.run(&["mail", "test", "eve@example.com"]).expect(0);
    assert!(trial.stdout.contains("Sent: written to "), "{trial:?}");
    home.run(&["mail", "test", "nonsense"]).fails(1, &["is no address"]);
    server.stop();
}

#[test]
fn templates_can_be_looked_at() {
    let home = Home::with_file();
    let folder = home.path().join("seen");
    let to = folder.to_str().unwrap();
    home.run(&["mail", "preview", "reset_password", "--output", to]).expect(0);
    assert!(
        fs::read_to_string(folder.join("reset_password.html")).unwrap().contains("Choose a new password</a>")
    );
    assert!(
        fs::read_to_string(folder.join("reset_password.txt")).unwrap().starts_with("Subject: Choose a new")
    );
    home.run(&["mail", "preview", "all", "--output", to]).expect(0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2 * Template::ALL.len());
    home.run(&["mail", "preview", "nonsense"]).fails(1, &["There is no template nonsense", "welcome"]);
}

#[test]
fn wrong_mail_settings_are_told_at_the_start_and_stop_nothing() {
    let home = Home::with_file();
    let settings = ["mail.smtp_host=mail.example.org", "mail.smtp_tls=none", "mail.from=nobody"];
    let server = home.start(&settings);
    server.user("ada");
    let ready = server.anonymous().get("/readyz").expect(200);
    assert_eq!(ready.json["mail"]["wrong_settings"], serde_json::json!(["mail.from", "mail.smtp_tls"]));
    let log = server.stderr();
    assert!(log.contains("mail.smtp_tls is none") && log.contains("mail.from is"), "{log}");
    server.stop();
}

/// A backup knows nothing of what was used after it.
#[test]
fn what_a_mail_proved_is_void_in_a_database_that_is_put_back() {
    let home = Home::with_file();
    let server = home.start(&[]);
    let body = serde_json::json!({ "email": "ada@example.com", "password": PASSWORD });
    server.anonymous().post("/api/v1/auth/register", &body).expect(201);
    let forgot = serde_json::json!({ "email": "ada@example.com" });
    server.anonymous().post("/api/v1/auth/password/forgot", &forgot).expect(202);
    eventually("the mails were sent", || mails(&home, &["--state", "sent"]).len() == 2);
    let token = files(&home).iter().find(|mail| mail.subject() == "Choose a new password").unwrap().token();
    let archive = home.path().join("archive");
    home.run(&["backup", archive.to_str().unwrap()]).expect(0);
    let reset = serde_json::json!({ "token": token, "password": "another battery staple" });
    server.anonymous().post("/api/v1/auth/password/reset", &reset).expect(204);
    server.stop();
    let other = Home::with_file();
    other.run(&["restore", archive.to_str().unwrap()]).expect(0);
    let server = other.start(&[]);
    let again = server.anonymous().post("/api/v1/auth/password/reset", &reset);
    again.problem(401, "auth.invalid_proof");
    server.stop();
}

/// What stands in the folder of mails.
fn files(home: &Home) -> Vec<Arrived> {
    let files = fs::read_dir(home.data().join("mail")).unwrap();
    let read = |file: std::io::Result<fs::DirEntry>| fs::read_to_string(file.unwrap().path()).unwrap();
    files.map(|file| Arrived { to: String::new(), message: read(file) }).collect()
}
