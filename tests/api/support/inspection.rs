//! What no door shows: rows as they stand, and changes that come from elsewhere.

use futures_util::StreamExt;
use portcullis::base::{Id, Stopwatch};
use portcullis::db::Row;
use serde_json::Value;

use super::{PATIENCE, TestApp};

/// Everything that requests write to.
const TABLES: [&str; 9] = [
    "accounts",
    "sessions",
    "tasks",
    "books",
    "audit_events",
    "idempotency_keys",
    "known_devices",
    "password_guesses",
    "mails",
];

/// One row of the audit log.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    pub kind: String,
    pub actor: Option<Id>,
    pub account: Option<Id>,
    pub ip: Option<String>,
    pub detail: Value,
}

impl TestApp {
    /// Changes rows as another process would: the application is told that anything may have changed.
    pub async fn execute(&self, sql: &'static str) {
        self.app.db.write(move |writer| Ok(writer.execute(sql, &[])?)).await.unwrap();
        self.app.index.invalidate_all();
    }

    /// Every row of every table as text, once all that was handed in has been written. Two of them are equal when
    /// nothing was written in between.
    pub async fn rows(&self) -> Vec<String> {
        self.settle().await;
        let text = |row: &dyn Row| {
            let columns = (0..).map_while(|column| row.value(column).ok().map(|value| format!("{value:?}")));
            Ok(columns.collect::<Vec<_>>().join(" "))
        };
        let read = self.app.db.read(move |reader| {
            let mut rows = Vec::new();
            for table in TABLES {
                rows.extend(reader.list(&format!("SELECT * FROM {table}"), &[], text)?);
            }
            Ok(rows)
        });
        read.await.unwrap()
    }

    /// The audit log, oldest first.
    pub async fn audit_log(&self) -> Vec<AuditEvent> {
        self.settle().await;
        let event = |row: &dyn Row| {
            Ok(AuditEvent {
                kind: row.get(0)?,
                actor: row.get(1)?,
                account: row.get(2)?,
                ip: row.get(3)?,
                detail: serde_json::from_str(&row.get::<String>(4)?).unwrap(),
            })
        };
        let sql = "SELECT kind, actor_id, account_id, ip, detail FROM audit_events ORDER BY id";
        self.app.db.read(move |reader| Ok(reader.list(sql, &[], event)?)).await.unwrap()
    }

    /// The kinds in the audit log, oldest first.
    pub async fn audit_kinds(&self) -> Vec<String> {
        self.audit_log().await.into_iter().map(|event| event.kind).collect()
    }
}

impl TestApp {
    /// The names of all pictures that are kept, sorted.
    pub async fn objects(&self) -> Vec<String> {
        let listed: Vec<_> = self.app.files.storage.list().collect().await;
        let mut names: Vec<_> = listed.into_iter().map(|object| object.unwrap().name.path()).collect();
        names.sort();
        names
    }

    /// Waits until so many pictures are kept: what nobody needs any more is removed behind the answer.
    #[track_caller]
    pub fn wait_for_objects(&self, count: usize) -> impl Future<Output = ()> {
        let begun = Stopwatch::start();
        async move {
            loop {
                let objects = self.objects().await;
                if objects.len() == count {
                    return;
                }
                assert!(begun.elapsed() < PATIENCE, "{count} objects are expected: {objects:?}");
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
    }
}
