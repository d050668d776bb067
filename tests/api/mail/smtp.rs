//! Mails that leave by SMTP, over real sockets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::config::{Config, SmtpTls};
use portcullis::mail::{Setup, Template, Watch};

use super::smtp_server::{Greeting, SmtpServer};
use super::{queue, states};
use crate::http::log::Log;
use crate::support::TestApp;

const LOGIN: Option<(&str, &str)> = Some(("portcullis", "open sesame"));

async fn app(server: &SmtpServer, change: impl FnOnce(&mut Config)) -> TestApp {
    let app = TestApp::with(|config| {
        config.mail.smtp_host = Some("localhost".into());
        config.mail.smtp_port = server.port.into();
        config.mail.smtp_tls = SmtpTls::None;
        config.mail.from = Some("Ours <ours@example.org>".into());
        config.mail.timeout = Duration::from_secs(10);
        change(config);
    })
    .await;
    let mut surroundings = app.surroundings();
    surroundings.transport = Some(Setup::read(&app.app.config, None).transport);
    app.rebuilt(surroundings, |_| {}).await
}

fn with_login(config: &mut Config) {
    config.mail.smtp_username = Some("portcullis".into());
    config.mail.smtp_password = Some("open sesame".into());
}

#[tokio::test]
async fn mails_leave_over_one_connection_each_with_its_envelope() {
    let server = SmtpServer::start(Greeting::Plain, None, false).await;
    let app = app(&server, |_| {}).await;
    for to in ["ada@example.com", "eve@Bücher.example"] {
        queue(&app, Template::Welcome, to).await;
    }
    app.mails().await;
    assert_eq!(states(&app).await, ["sent 1 -", "sent 1 -"]);
    let commands = server.commands();
    assert_eq!(
        commands[1..],
        [
            "MAIL FROM:<ours@example.org>",
            "RCPT TO:<ada@example.com>",
            "DATA",
            "MAIL FROM:<ours@example.org>",
            "RCPT TO:<eve@xn--bcher-kva.example>",
            "DATA",
            "QUIT"
        ]
    );
    assert_eq!((server.connections(), server.messages().len()), (1, 2));
    assert!(server.messages()[0].contains("\r\nTo: ada@example.com\r\n"), "{:?}", server.messages());
}

#[tokio::test]
async fn encrypted_connections_sign_in_and_want_the_right_certificate() {
    for (greeting, tls) in [(Greeting::StartTls, SmtpTls::Starttls), (Greeting::Implicit, SmtpTls::Implicit)]
    {
        let server = SmtpServer::start(greeting, LOGIN, false).await;
        let right = app(&server, |config| {
            config.mail.smtp_tls = tls;
            config.mail.smtp_ca = Some(server.certificate());
            with_login(config);
        })
        .await;
        queue(&right, Template::Welcome, "ada@example.com").await;
        right.mails().await;
        assert_eq!(states(&right).await, ["sent 1 -"], "{tls:?}");
        let stranger = app(&server, |config| {
            config.mail.smtp_tls = tls;
            with_login(config);
        })
        .await;
        queue(&stranger, Template::Welcome, "ada@example.com").await;
        stranger.mails().await;
        let state = states(&stranger).await.remove(0);
        assert!(state.starts_with("queued 1 ") && state.contains("certificate"), "{state}");
        assert_eq!(server.messages().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_mail() {
    let server = SmtpServer::start(Greeting::Plain, LOGIN, false).await;
    let app = app(&server, |config| {
        config.mail.smtp_tls = SmtpTls::Starttls;
        with_login(config);
    })
    .await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    app.mails().await;
    let state = states(&app).await.remove(0);
    assert!(state.starts_with("queued 1 ") && state.contains("STARTTLS"), "{state}");
    assert!(server.commands().iter().all(|command| command.starts_with("EHLO") || command == "QUIT"));
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_parked_with_its_words_and_the_rest_leaves() {
    let server = SmtpServer::start(Greeting::Plain, None, false).await;
    server.dictate("RCPT TO:<nobody@", "550 5.1.1 no such user here");
    let app = app(&server, |_| {}).await;
    for to in ["nobody@example.com", "ada@example.com"] {
        queue(&app, Template::Welcome, to).await;
    }
    app.mails().await;
    assert_eq!(states(&app).await, ["failed 1 550 5.1.1 no such user here", "sent 1 -"]);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn what_the_server_refuses_for_now_is_tried_again() {
    for (command, answer) in [
        ("MAIL", "550 5.7.1 we do not know you"),
        ("RCPT", "451 4.7.1 greylisted"),
        (".", "452 4.3.1 disk full"),
        ("DATA", "421 4.3.2 closing down"),
        ("AUTH", "535 5.7.8 wrong user or password"),
    ] {
        let server = SmtpServer::start(Greeting::Plain, LOGIN, false).await;
        server.dictate(command, answer);
        let app = app(&server, with_login).await;
        queue(&app, Template::Welcome, "ada@example.com").await;
        app.mails().await;
        assert_eq!(states(&app).await, [format!("queued 1 {answer}")], "{command}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_costs_the_mail_at_hand_an_attempt_and_the_others_nothing() {
    let server = SmtpServer::start(Greeting::Plain, None, false).await;
    server.dictate("RCPT TO:<ada@", "hang up");
    let app = app(&server, |_| {}).await;
    for to in ["ada@example.com", "eve@example.com"] {
        queue(&app, Template::Welcome, to).await;
    }
    app.mails().await;
    let found = states(&app).await;
    assert!(found[0].starts_with("queued 1 "), "{found:?}");
    assert_eq!(found[1], "sent 1 -");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn what_a_server_says_of_a_recipient_stands_in_the_row_and_in_no_log_line() {
    for (rcpt, rset, logged) in [
        ("421 4.7.0 too much for <ada@example.com>", "250 fine", "421"),
        ("451 4.7.1 too much for <ada@example.com>", "hang up", "451"),
    ] {
        let server = SmtpServer::start(Greeting::Plain, None, false).await;
        server.dictate("RCPT", rcpt);
        server.dictate("RSET", rset);
        let app = app(&server, |_| {}).await;
        queue(&app, Template::Welcome, "ada@example.com").await;
        let (log, guard) = Log::capture();
        app.mails().await;
        drop(guard);
        let lines = log.of("portcullis::mail::worker");
        assert!(lines.iter().any(|line| line["level"] == "WARN" && line["words"] == logged), "{lines:?}");
        assert!(lines.iter().all(|line| !line.to_string().contains("ada@")), "{lines:?}");
        assert_eq!(states(&app).await, [format!("queued 1 {rcpt}")]);
    }
}

#[tokio::test]
async fn names_beyond_ascii_need_a_server_that_takes_them() {
    let old = SmtpServer::start(Greeting::Plain, None, false).await;
    let app_of_old = app(&old, |_| {}).await;
    queue(&app_of_old, Template::Welcome, "jösé@example.com").await;
    app_of_old.mails().await;
    let state = states(&app_of_old).await.remove(0);
    assert!(state.starts_with("failed 1 ") && state.contains("SMTPUTF8"), "{state}");
    let new = SmtpServer::start(Greeting::Plain, None, true).await;
    let app_of_new = app(&new, |_| {}).await;
    queue(&app_of_new, Template::Welcome, "jösé@example.com").await;
    app_of_new.mails().await;
    assert_eq!(states(&app_of_new).await, ["sent 1 -"]);
    assert!(
        new.commands().contains(&"MAIL FROM:<ours@example.org> SMTPUTF8".to_owned()),
        "{:?}",
        new.commands()
    );
}

#[tokio::test]
async fn nobody_at_the_port_means_waiting() {
    let server = SmtpServer::start(Greeting::Plain, None, false).await;
    let app = app(&server, |config| config.mail.smtp_port = 1).await;
    for to in ["ada@example.com", "eve@example.com"] {
        queue(&app, Template::Welcome, to).await;
    }
    app.mails().await;
    let found = states(&app).await;
    assert!(found.iter().all(|state| state.starts_with("queued 1 ")), "{found:?}");
}

#[tokio::test]
async fn a_trial_shows_what_is_said_and_never_the_password() {
    let server = SmtpServer::start(Greeting::StartTls, LOGIN, false).await;
    let app = app(&server, |config| {
        config.mail.smtp_tls = SmtpTls::Starttls;
        config.mail.smtp_ca = Some(server.certificate());
        with_login(config);
    })
    .await;
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let watch: Watch = Arc::new(move |line| heard.lock().unwrap().push(line.to_owned()));
    let answer = app.app.mail.trial("ada@example.com", watch).await.unwrap();
    assert_eq!(answer, "250 2.0.0 kept as 4711");
    let said = said.lock().unwrap().join("\n");
    for line in [
        "C: STARTTLS",
        "(encrypted from here on)",
        "C: AUTH (user name and password are not shown)",
        "S: 235 welcome",
        "C: MAIL FROM:<ours@example.org>",
        "C: RCPT TO:<ada@example.com>",
        "S: 250 2.0.0 kept as 4711",
        "C: QUIT",
    ] {
        assert!(said.contains(line), "{line} is missing:\n{said}");
    }
    assert!(!said.contains("sesame"), "{said}");
    server.dictate("RCPT", "550 no");
    assert_eq!(app.app.mail.trial("ada@example.com", Arc::new(|_| {})).await.unwrap_err(), "550 no");
    assert_eq!(states(&app).await, [""; 0], "it goes past the outbox");
}
