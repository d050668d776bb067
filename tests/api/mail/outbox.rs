//! The outbox and its worker.

use std::collections::BTreeSet;
use std::time::Duration;

use portcullis::base::Error;
use portcullis::base::codes;
use portcullis::mail::{Binding, Draft, Fault, Refusal, Template};
use serde_json::json;

use super::{queue, queue_draft, states};
use crate::support::{TestApp, database_server};

fn refusal(fault: Fault, words: &str) -> Refusal {
    Refusal { fault, words: words.into() }
}

#[tokio::test]
async fn a_mail_is_queued_with_its_cause_and_sent_once() {
    let app = TestApp::new().await;
    let id = queue(&app, Template::Welcome, "ada@example.com").await;
    let arrived = app.mails().await;
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].to, "ada@example.com");
    assert_eq!(arrived[0].subject(), "Welcome to Portcullis");
    assert_eq!(arrived[0].header("Message-ID"), format!("<{id}@localhost>"));
    assert_eq!(arrived[0].header("Date"), "Sat, 21 Nov 2026 12:00:00 +0000");
    assert!(arrived[0].text().contains("Hello Ada,") && arrived[0].html().contains("Hello Ada,"));
    assert_eq!(states(&app).await, ["sent 1 -"]);
    app.advance(Duration::from_hours(100));
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn a_cause_that_fails_leaves_no_mail() {
    let app = TestApp::new().await;
    let mail = app.app.mail.clone();
    let draft = Draft {
        template: Template::Welcome,
        recipient: "ada@example.com".into(),
        account: None,
        binding: None,
        variables: json!({}),
    };
    let failed = app.app.db.write(move |writer| {
        mail.queue(writer, &draft)?;
        Err::<(), _>(Error::new(&codes::LAST_ADMIN))
    });
    assert!(failed.await.is_err());
    assert_eq!(app.mails().await, []);
    assert_eq!(app.count("SELECT COUNT(*) FROM mails").await, 0);
}

#[tokio::test]
async fn while_the_way_is_blocked_mails_wait_longer_each_time_and_leave_when_it_is_free() {
    let app = TestApp::new().await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    app.post.refuse(Some(refusal(Fault::Way, "connection refused")));
    assert_eq!(app.mails().await, []);
    assert_eq!(states(&app).await, ["queued 1 connection refused"]);
    assert!(app.app.mail.failing_since().is_some());
    app.mails().await;
    assert_eq!(states(&app).await, ["queued 1 connection refused"], "it rests before it is tried again");
    app.advance(Duration::from_secs(13));
    app.mails().await;
    assert_eq!(states(&app).await, ["queued 2 connection refused"]);
    app.advance(Duration::from_secs(13));
    app.mails().await;
    assert_eq!(states(&app).await, ["queued 2 connection refused"], "the second rest is longer");
    app.post.refuse(None);
    app.advance(Duration::from_secs(13));
    assert_eq!(app.mails().await.len(), 1);
    assert_eq!(states(&app).await, ["sent 3 -"]);
    assert_eq!(app.app.mail.failing_since(), None);
}

#[tokio::test]
async fn after_two_days_a_mail_is_parked_with_the_servers_last_words_and_can_be_retried() {
    let app = TestApp::new().await;
    let id = queue(&app, Template::Welcome, "ada@example.com").await;
    app.post.refuse(Some(refusal(Fault::Later, "451 greylisted")));
    for _ in 0..60 {
        app.mails().await;
        app.advance(Duration::from_hours(1));
    }
    let state = states(&app).await.remove(0);
    assert!(state.starts_with("failed ") && state.ends_with(" 451 greylisted"), "{state}");
    app.post.refuse(None);
    assert_eq!(app.mails().await, []);
    assert_eq!(app.app.mail.retry(Some(id)).await.unwrap(), 1);
    assert_eq!(app.mails().await[0].header("Message-ID"), format!("<{id}@localhost>"));
    assert_eq!(app.app.mail.retry(Some(id)).await.unwrap(), 0, "a mail that was sent is not sent again");
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_parked_at_once_and_holds_nobody_up() {
    let app = TestApp::new().await;
    queue(&app, Template::Welcome, "not an address").await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    assert_eq!(app.mails().await.len(), 1);
    let found = states(&app).await;
    assert!(found[0].starts_with("failed 1 \"not an address\" is no address"), "{found:?}");
    assert_eq!(found[1], "sent 1 -");
}

#[tokio::test]
async fn a_worker_that_died_between_sending_and_noting_leaves_a_duplicate_that_can_be_told() {
    let app = TestApp::new().await;
    let id = queue(&app, Template::Welcome, "ada@example.com").await;
    let first = app.mails().await;
    // As a kill between the server's answer and our note leaves it: claimed by a lease that nobody holds.
    let lease = app.app.now().plus(Duration::from_mins(2));
    app.app
        .db
        .write(move |writer| {
            let sql = "UPDATE mails SET state = 'queued', lease = ?, next_attempt_at = ?, finished_at = NULL";
            Ok(writer.execute(sql, &[id.into(), lease.into()])?)
        })
        .await
        .unwrap();
    assert_eq!(app.mails().await, [], "it may still be under way");
    app.advance(Duration::from_mins(2));
    let again = app.mails().await;
    assert_eq!(again.len(), 1);
    for header in ["Message-ID", "Date", "Subject", "To"] {
        assert_eq!(again[0].header(header), first[0].header(header), "{header}");
    }
    app.advance(Duration::from_hours(1));
    assert_eq!(app.mails().await, []);
}

#[tokio::test]
async fn nodes_share_the_queue_and_send_each_mail_once() {
    let app = TestApp::new().await;
    let other =
        if database_server().is_some() { app.second_node(|_| {}).await } else { TestApp::new().await };
    for number in 0..90 {
        queue(&app, Template::Welcome, &format!("a{number}@example.com")).await;
    }
    let (here, there) = tokio::join!(app.app.mail.turn(), other.app.mail.turn());
    assert_eq!(here.unwrap() + there.unwrap(), 90);
    // Both nodes of one test share a postbox.
    let to: Vec<_> = app.post.take().into_iter().map(|mail| mail.to).collect();
    assert_eq!((to.len(), to.iter().collect::<BTreeSet<_>>().len()), (90, 90));
    assert!(states(&app).await.iter().all(|state| state == "sent 1 -"));
}

async fn bound_mail(app: &TestApp, template: Template) {
    let sql = "SELECT id, epoch, email_key FROM accounts WHERE username_key = 'ada'";
    let read = app.app.db.read(move |reader| {
        Ok(reader.first(sql, &[], |row| {
            Ok((row.get::<i64>(0)?, Binding { epoch: row.get(1)?, address_key: row.get(2)? }))
        })?)
    });
    let (account, binding) = read.await.unwrap().unwrap();
    let draft = Draft {
        template,
        recipient: "ada@example.com".into(),
        account: Some(account),
        binding: Some(binding),
        variables: json!({}),
    };
    queue_draft(app, draft).await;
}

#[tokio::test]
async fn a_mail_whose_purpose_has_lapsed_is_dropped() {
    for (cause, drops) in [
        ("UPDATE accounts SET epoch = epoch + 1", true),
        ("UPDATE accounts SET email = 'b@example.com', email_key = 'b@example.com'", true),
        ("UPDATE accounts SET email = NULL, email_key = NULL", true),
        ("UPDATE accounts SET deleted_at = 1", true),
        ("UPDATE accounts SET name = 'Countess', version = version + 1", false),
    ] {
        let app = TestApp::new().await;
        app.user("ada").await;
        app.mails().await;
        bound_mail(&app, Template::ResetPassword).await;
        app.execute(cause).await;
        assert_eq!(app.mails().await.len(), usize::from(!drops), "{cause}");
        let last = states(&app).await.pop().unwrap();
        assert_eq!(last, if drops { "dropped 1 -" } else { "sent 1 -" }, "{cause}");
    }
}

#[tokio::test]
async fn a_newer_request_drops_the_older_mail() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    bound_mail(&app, Template::ResetPassword).await;
    let mail = app.app.mail.clone();
    let sql = "SELECT id FROM accounts";
    app.app
        .db
        .write(move |writer| {
            let account = writer.number(sql, &[])?;
            Ok(mail.void(writer, account, &[Template::ResetPassword])?)
        })
        .await
        .unwrap();
    bound_mail(&app, Template::ResetPassword).await;
    assert_eq!(app.mails().await.len(), 1);
    let found = states(&app).await;
    assert_eq!(found[found.len() - 2..], ["dropped 0 -", "sent 1 -"]);
}

#[tokio::test]
async fn the_row_keeps_template_and_variables_and_never_what_proves_anything() {
    let app = TestApp::new().await;
    app.user("ada").await;
    app.mails().await;
    bound_mail(&app, Template::ResetPassword).await;
    let arrived = app.mails().await.remove(0);
    let (token, code) = (arrived.token(), arrived.code());
    assert_eq!(token.len(), 64);
    for row in app.rows().await {
        assert!(
            !row.contains(&token) && !row.contains(&code) && !row.contains(&code.replace('-', "")),
            "{row}"
        );
    }
}

#[tokio::test]
async fn variables_are_erased_some_time_after_delivery_and_rows_removed_later() {
    let app = TestApp::new().await;
    queue(&app, Template::Welcome, "ada@example.com").await;
    queue(&app, Template::Welcome, "nobody").await;
    app.mails().await;
    let kept = "SELECT COUNT(*) FROM mails WHERE variables IS NOT NULL";
    app.advance(Duration::from_hours(7 * 24 - 1));
    app.sweep().await;
    assert_eq!(app.count(kept).await, 2);
    app.advance(Duration::from_hours(2));
    app.sweep().await;
    assert_eq!(app.count(kept).await, 1, "what failed can still be retried");
    app.advance(Duration::from_hours(83 * 24));
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM mails").await, 0);
}

#[tokio::test]
async fn the_mails_of_a_deleted_account_go_with_it() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    assert!(app.count("SELECT COUNT(*) FROM mails").await > 0);
    ada.json(axum::http::Method::DELETE, "/api/v1/account", &json!({ "password": crate::support::PASSWORD }))
        .await
        .expect(204);
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM mails").await, 0);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
}

#[tokio::test]
async fn a_running_worker_hears_of_a_mail_when_its_cause_is_committed() {
    let app = TestApp::new().await;
    let worker = tokio::spawn(app.app.mail.clone().run());
    let arrived = async {
        loop {
            if let Some(mail) = app.post.take().pop() {
                return mail;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    queue(&app, Template::Welcome, "ada@example.com").await;
    let mail = tokio::time::timeout(crate::support::PATIENCE, arrived).await.unwrap();
    assert_eq!(mail.to, "ada@example.com");
    app.app.mail.stop();
    tokio::time::timeout(crate::support::PATIENCE, worker).await.unwrap().unwrap();
}
