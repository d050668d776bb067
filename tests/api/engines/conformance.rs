//! One SQL text, the same answers, whichever engine runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use portcullis::base::{self, Error, codes};
use portcullis::db::{self, OnConstraint, Value};

use super::support::{count, insert};
use crate::support::TestApp;

const TASK: &str =
    "INSERT INTO tasks (public_id, account_id, title, title_key, description, description_key, version,
                        created_at, updated_at) VALUES (?, ?, ?, ?, '', '', 1, 1, 1) RETURNING id, public_id";

#[tokio::test]
async fn insertions_and_deletions_return_rows() {
    let app = TestApp::new().await;
    let id = app.app.new_id();
    let made = app.app.db.write(move |writer| {
        let account = insert(writer, "ada")?;
        let values = [id.into(), account.into(), "Engine".into(), "engine".into()];
        Ok(writer.first(TASK, &values, |row| Ok((row.get(0)?, row.get(1)?)))?)
    });
    let (key, returned): (i64, base::Id) = made.await.unwrap().unwrap();
    assert_eq!(returned, id);
    let deleted = app.app.db.write(move |writer| {
        let delete = "DELETE FROM tasks WHERE id = ? RETURNING title, due_at";
        Ok(writer
            .first(delete, &[key.into()], |row| Ok((row.get::<String>(0)?, row.get::<Option<i64>>(1)?)))?)
    });
    assert_eq!(deleted.await.unwrap(), Some(("Engine".to_owned(), None)));
    assert_eq!(app.count("SELECT COUNT(*) FROM tasks").await, 0);
}

#[tokio::test]
async fn violations_arrive_by_name() {
    let app = TestApp::new().await;
    let db = &app.app.db;
    // A name that looks like the end of MariaDB's sentence.
    let name = "it's for key 'uq_other'";
    db.write(move |writer| insert(writer, name)).await.unwrap();
    let twice = db.write(move |writer| insert(writer, name));
    assert!(twice.await.unwrap_err().cause().unwrap().contains("uq_accounts_username_key"));
    let task =
        "INSERT INTO tasks (public_id, account_id, title, title_key, description, description_key, version,
                    created_at, updated_at) VALUES (?, 999, '', '', '', '', 1, 1, 1)";
    let orphan = db.write(move |writer| {
        let id = base::Id::from_bytes([7; 16]);
        Ok(writer.execute(task, &[id.into()])?)
    });
    assert!(orphan.await.unwrap_err().cause().unwrap().contains("fk"));
    let key = "INSERT INTO idempotency_keys (account_id, route, idempotency_key, body_mac, location, etag, body, created_at)
               SELECT id, 'POST /x', 'key', ?, '', '', '', 1 FROM accounts";
    let insert_key = move || db.write(move |writer| Ok(writer.execute(key, &[Value::Blob(&[1, 2])])?));
    assert_eq!(insert_key().await.unwrap(), 1);
    let again = insert_key().await.unwrap_err();
    assert!(again.cause().unwrap().contains("uq_idempotency_keys_account_id_route_idempotency_key"));
}

#[tokio::test]
async fn every_value_comes_back_as_it_went() {
    let app = TestApp::new().await;
    let title = "Straße 😀 \\ ' \" ?";
    let bytes: Vec<u8> = (0..=31).collect();
    let (id, kept) = (app.app.new_id(), bytes.clone());
    app.app
        .db
        .write(move |writer| {
            let account = insert(writer, "ada")?;
            writer.first(TASK, &[id.into(), account.into(), title.into(), title.into()], |_| Ok(()))?;
            let key = "INSERT INTO idempotency_keys (account_id, route, idempotency_key, body_mac, location, etag, body,
                           created_at) VALUES (?, '', '', ?, '', '', '', ?)";
            writer.execute(key, &[account.into(), Value::Blob(&bytes), i64::MAX.into()])?;
            Ok(())
        })
        .await
        .unwrap();
    let read = app.app.db.read(move |reader| {
        let select =
            "SELECT title || '!', due_at, body_mac, k.created_at, 'a\\b', due_at IS NULL, t.public_id
                      FROM tasks t JOIN idempotency_keys k ON k.account_id = t.account_id
                      WHERE public_id = ? AND title <> 'not ? \\ this' AND (due_at = ? OR title = ?) LIMIT ?";
        let values = [id.into(), Value::Null, title.into(), 5.into()];
        Ok(reader.list(select, &values, |row| {
            let texts: (String, Option<i64>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let rest: (i64, String, bool, base::Id) = (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
            Ok((texts, rest))
        })?)
    });
    let expected = ((format!("{title}!"), None, kept), (i64::MAX, "a\\b".to_owned(), true, id));
    assert_eq!(read.await.unwrap(), [expected]);
}

#[tokio::test]
async fn an_update_counts_the_rows_it_matched() {
    let app = TestApp::new().await;
    let matched = app.app.db.write(|writer| {
        insert(writer, "ada")?;
        Ok(writer.execute("UPDATE accounts SET role = 'user' WHERE username_key = ?", &["ada".into()])?)
    });
    assert_eq!(matched.await.unwrap(), 1, "the value did not change, the row still matched");
}

#[tokio::test]
async fn a_failed_statement_dooms_the_transaction() {
    let app = TestApp::new().await;
    let db = &app.app.db;
    db.write(|writer| insert(writer, "ada")).await.unwrap();
    let effects = Arc::new(AtomicI64::new(0));
    let seen = Arc::clone(&effects);
    let swallowed = db.write(move |writer| {
        let seen = Arc::clone(&seen);
        writer.after_commit(move || seen.store(1, Ordering::SeqCst));
        insert(writer, "grace")?;
        insert(writer, "ada").unwrap_err();
        let next = insert(writer, "mary").unwrap_err();
        assert!(next.cause().unwrap().contains("uq_accounts_username_key"), "the first failure decides");
        Ok(())
    });
    assert!(swallowed.await.unwrap_err().cause().unwrap().contains("uq_accounts_username_key"));
    assert_eq!((db.read(count).await.unwrap(), effects.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn the_closure_has_the_last_word_on_a_violation() {
    let app = TestApp::new().await;
    let db = &app.app.db;
    db.write(|writer| insert(writer, "ada")).await.unwrap();
    let own = db.write(|writer| {
        let taken: db::Result<u64> = writer
            .execute(
                "INSERT INTO accounts (public_id, username_key, role, status, epoch, version, created_at, updated_at)
                 SELECT ?, username_key, role, status, 0, 1, 1, 1 FROM accounts",
                &[base::Id::from_bytes([9; 16]).into()],
            );
        taken.or_constraint(&[("uq_accounts_username_key", || Error::new(&codes::USERNAME_TAKEN))])
    });
    assert_eq!(own.await.unwrap_err().code().name, "account.username_taken");
    let refused = db.write(|writer| {
        insert(writer, "grace")?;
        Err::<(), _>(Error::new(&codes::FORBIDDEN))
    });
    assert_eq!(refused.await.unwrap_err().code().name, "auth.forbidden");
    assert_eq!(db.read(count).await.unwrap(), 1);
}

#[tokio::test]
async fn effects_run_after_the_commit_and_before_the_answer_and_harm_nobody() {
    let app = TestApp::new().await;
    let seen = Arc::new(AtomicI64::new(0));
    let (count, mark) = (Arc::clone(&seen), Arc::clone(&seen));
    let written = app.app.db.write(move |writer| {
        let count = Arc::clone(&count);
        writer.after_commit(|| panic!("on purpose"));
        writer.after_commit(move || count.store(1, Ordering::SeqCst));
        insert(writer, "ada")
    });
    written.await.unwrap();
    assert_eq!(mark.load(Ordering::SeqCst), 1);
    app.app.db.write(|writer| insert(writer, "grace")).await.unwrap();
}

#[tokio::test]
async fn a_panic_is_answered_and_the_seam_lives() {
    let app = TestApp::new().await;
    let db = &app.app.db;
    let written = db.write(|writer| -> base::Result<()> {
        insert(writer, "ada")?;
        panic!("on purpose")
    });
    assert_eq!(written.await.unwrap_err().code().name, "server.internal");
    let read =
        db.read(|reader| Ok(reader.first("SELECT 1", &[], |_| -> db::Result<()> { panic!("in a row") })?));
    assert_eq!(read.await.unwrap_err().code().name, "server.internal");
    db.write(|writer| insert(writer, "ada")).await.unwrap();
}

#[tokio::test]
async fn text_compares_by_its_bytes_alone() {
    let app = TestApp::new().await;
    let keys = ["a", "A", "a ", "ä", "z", "Z", "😀", "\u{ffff}", "é", "e"];
    app.app
        .db
        .write(move |writer| keys.iter().try_for_each(|key| insert(writer, key).map(drop)))
        .await
        .unwrap();
    let sorted = app.app.db.read(|reader| {
        let select = "SELECT username_key FROM accounts WHERE username_key > ? ORDER BY username_key";
        Ok(reader.list(select, &["A".into()], |row| row.get::<String>(0))?)
    });
    let mut expected: Vec<&str> = keys.into_iter().filter(|key| *key > "A").collect();
    expected.sort_unstable();
    assert_eq!(sorted.await.unwrap(), expected);
}

#[tokio::test]
async fn whole_sums_are_numbers() {
    let app = TestApp::new().await;
    let sum = |sql: &'static str| {
        app.app.db.read(move |reader| Ok(reader.first(sql, &[], |row| row.get::<Option<i64>>(0))?.flatten()))
    };
    assert_eq!(sum("SELECT SUM(created_at) FROM accounts").await.unwrap(), None);
    for name in ["ada", "grace"] {
        app.app.db.write(move |writer| insert(writer, name)).await.unwrap();
    }
    for (sql, expected) in [
        ("SELECT SUM(created_at + 1699999999999) FROM accounts", 3_400_000_000_000),
        ("SELECT SUM(0 - created_at) FROM accounts", -2),
        ("SELECT SUM(created_at - created_at) FROM accounts", 0),
        ("SELECT SUM(created_at * 1700000000000000000) FROM accounts", 3_400_000_000_000_000_000),
        ("SELECT COALESCE(MAX(created_at), 0) FROM accounts", 1),
    ] {
        assert_eq!(sum(sql).await.unwrap(), Some(expected), "{sql}");
    }
}

#[tokio::test]
async fn a_scan_sees_one_state_throughout() {
    let app = TestApp::new().await;
    let db = app.app.db.clone();
    let scanned = app.app.db.scan(move |reader| {
        let before = count(reader)?;
        let db = db.clone();
        // Another thread writes meanwhile, and has committed before the scan looks again.
        let write = async move { db.write(|writer| insert(writer, "ada")).await };
        std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(write)
                .unwrap();
        })
        .join()
        .unwrap();
        Ok((before, count(reader)?))
    });
    assert_eq!(scanned.await.unwrap(), (0, 0));
    assert_eq!(app.app.db.read(count).await.unwrap(), 1);
}
