//! `serve --dialect`: what is spoken where is told, and what cannot be is refused before anything is made.

use super::support::{Finished, Home};

fn refused(arguments: &[&str], words: &[&str]) {
    let home = Home::new();
    let mut command = home.command(&["serve"]);
    command.args(arguments).args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(home.data());
    Finished::of(command, "").fails(2, words);
    assert!(!home.data().exists());
}

#[test]
fn an_unknown_dialect_one_named_twice_and_a_clash_end_with_2_and_the_names() {
    refused(&["--dialect", "flask"], &["flask", "task_manager", "all"]);
    refused(&["--dialect", "task_manager", "--dialect", "task_manager=/x"], &["task_manager", "twice"]);
    refused(&["--dialect", "task_manager=old"], &["dialects.task_manager", "\"old\""]);
    refused(&["--dialect", "task_manager=/api"], &["task_manager", "/api/v1"]);
    refused(&["--dialect", "all", "--dialect", "form_login=/task_manager"], &["task_manager", "form_login"]);
}

#[test]
fn the_server_says_at_start_what_is_spoken_where() {
    let home = Home::new();
    let server = home.start(&["dialects.task_manager=/", "dialects.form_login=/forms"]);
    let said = server.stdout();
    for place in [format!("task_manager at http://{}/", server.address), "/forms/".to_owned()] {
        assert!(said.contains(&place), "{said}");
    }
    assert_eq!(server.anonymous().get("/").expect(200).text, "Hello, World! This is a Flask API.");
    server.anonymous().get("/forms/user").expect(401);
    server.stop();
}
