//! Mails: none is lost, none is sent for a purpose that is gone, and each way out says what it does.

mod address;
mod administrators;
mod asking;
mod changes;
mod codes;
mod command_line;
mod files;
mod keys;
mod notices;
mod outbox;
mod reset;
mod settings;
mod smtp;
mod smtp_server;
mod verification;

use portcullis::base::Id;
use portcullis::mail::{Draft, Template};
use serde_json::json;

use crate::support::TestApp;

/// Queues a mail that hangs on nothing.
async fn queue(app: &TestApp, template: Template, recipient: &str) -> Id {
    let variables = json!({ "name": "Ada" });
    queue_draft(app, Draft { template, recipient: recipient.into(), account: None, binding: None, variables })
        .await
}

async fn queue_draft(app: &TestApp, draft: Draft) -> Id {
    let mail = app.app.mail.clone();
    app.app.db.write(move |writer| Ok(mail.queue(writer, &draft)?)).await.unwrap()
}

/// State, attempts and last error of every mail, oldest first.
async fn states(app: &TestApp) -> Vec<String> {
    app.settle().await;
    let sql = "SELECT state, attempts, last_error FROM mails ORDER BY id";
    let read = app.app.db.read(move |reader| {
        Ok(reader.list(sql, &[], |row| {
            let error: Option<String> = row.get(2)?;
            Ok(format!(
                "{} {} {}",
                row.get::<String>(0)?,
                row.get::<i64>(1)?,
                error.as_deref().unwrap_or("-")
            ))
        })?)
    });
    read.await.unwrap()
}
