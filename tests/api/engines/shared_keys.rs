//! Key sets that several nodes share through the database, sealed with a master key.

use std::fs;
use std::sync::Arc;

use portcullis::config::Config;
use portcullis::wiring::Surroundings;
use serde_json::json;

use crate::support::{SeededRandomness, TestApp, TestDatabase, database_server};

const MASTER_KEY: &str = "a master key of tests, long enough to be one";

fn sealed(config: &mut Config) {
    config.keys.master_key = Some(MASTER_KEY.into());
}

/// A node whose keys stand sealed in its database; `None` without a server.
async fn first_node() -> Option<TestApp> {
    if database_server().is_none() {
        eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
        return None;
    }
    Some(TestApp::with(sealed).await)
}

fn key_files(app: &TestApp) -> usize {
    fs::read_dir(app.app.config.data.dir.join("keys")).unwrap().count()
}

#[tokio::test]
async fn a_node_with_the_master_key_has_all_keys_of_the_others() {
    let Some(one) = first_node().await else { return };
    let other = one.bare_node(one.surroundings(), |_| {}).await.unwrap();
    assert_eq!((key_files(&one), key_files(&other)), (0, 0), "the keys stand in the database only");
    let ada = one.user("ada").await;
    for title in ["a", "b", "c"] {
        ada.task(title).await;
    }
    let there = ada.at(&other);
    let page = there.get("/api/v1/tasks?limit=1").await.expect(200);
    let cursor = page.json["next_cursor"].as_str().unwrap().to_owned();
    ada.get(&format!("/api/v1/tasks?limit=1&cursor={cursor}")).await.expect(200);
    let refreshed = other.anonymous().refresh(&there.refresh_token).await.expect(200);
    ada.with_tokens(&refreshed).get("/api/v1/account").await.expect(200);
    let keyed = there.header("idempotency-key", "k-1");
    let first = keyed.post("/api/v1/tasks", &json!({ "title": "once" })).await.expect(201);
    let again = ada.header("idempotency-key", "k-1").post("/api/v1/tasks", &json!({ "title": "once" })).await;
    assert_eq!(again.expect(201).json["id"], first.json["id"]);
}

#[tokio::test]
async fn a_node_without_the_master_key_is_refused_and_leaves_nothing() {
    let Some(one) = first_node().await else { return };
    let without = |config: &mut Config| config.keys.master_key = None;
    let why = one.bare_node(one.surroundings(), without).await.err().unwrap();
    assert!(why.contains("keys.master_key_file") && why.contains("has no master key"), "{why}");
    let wrong = |config: &mut Config| config.keys.master_key = Some("x".repeat(40).into());
    let why = one.bare_node(one.surroundings(), wrong).await.err().unwrap();
    assert!(why.contains("sealed with another master key"), "{why}");
    let short = |config: &mut Config| config.keys.master_key = Some("short".into());
    let why = one.bare_node(one.surroundings(), short).await.err().unwrap();
    assert!(why.contains("keys.master_key") && why.contains("32"), "{why}");
    assert_eq!(one.count("SELECT COUNT(*) FROM key_sets").await, 2);
}

#[tokio::test]
async fn a_single_node_gets_company_by_a_master_key() {
    if database_server().is_none() {
        return;
    }
    let one = TestApp::new().await;
    assert_eq!(key_files(&one), 2);
    let ada = one.user("ada").await;
    let why = one.bare_node(one.surroundings(), |_| {}).await.err().unwrap();
    assert!(why.contains("several nodes") && why.contains("keys.master_key_file"), "{why}");
    // Not even with the master key, before the node that has the key file has sealed it.
    let why = one.bare_node(one.surroundings(), sealed).await.err().unwrap();
    assert!(why.contains("the node that has"), "{why}");
    assert_eq!(one.count("SELECT COUNT(*) FROM key_sets").await, 2);
    let sealing = one.second_node(sealed).await;
    let third = one.bare_node(one.surroundings(), sealed).await.unwrap();
    for node in [&one, &sealing, &third] {
        ada.at(node).get("/api/v1/account").await.expect(200);
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_agree() {
    let Some(server) = database_server() else { return };
    let base = TestApp::new().await;
    let empty = TestDatabase::empty(server);
    let start = |seed| {
        let random = Arc::new(SeededRandomness::new(seed));
        base.bare_node(Surroundings { random, ..base.surroundings() }, |config| {
            sealed(config);
            config.database.url = empty.url().into();
        })
    };
    let (one, two, three) = tokio::join!(start(1), start(2), start(3));
    let nodes = [one.unwrap(), two.unwrap(), three.unwrap()];
    assert_eq!(nodes[0].count("SELECT COUNT(*) FROM key_sets").await, 2);
    let ada = nodes[0].user("ada").await;
    for node in &nodes {
        ada.at(node).get("/api/v1/account").await.expect(200);
    }
}

#[tokio::test]
async fn copies_of_a_key_file_that_start_at_once_agree() {
    let Some(server) = database_server() else { return };
    let base = TestApp::new().await;
    let empty = TestDatabase::empty(server);
    let start = || {
        base.second_node(|config| {
            config.database.url = empty.url().into();
            // One file only: each of them must make the next set.
            let keys = config.data.dir.join("keys");
            let newest = base.app.keys.all().pop().unwrap().0.id;
            fs::remove_file(keys.join(format!("{newest}.json"))).unwrap();
        })
    };
    let (one, two) = tokio::join!(start(), start());
    assert_eq!(one.count("SELECT COUNT(*) FROM key_sets").await, 2);
    let ada = one.user("ada").await;
    ada.at(&two).get("/api/v1/account").await.expect(200);
    assert!(key_files(&one) + key_files(&two) == 3, "the slower one threw its own next set away");
}

#[tokio::test]
async fn a_rotation_and_a_revocation_on_one_node_act_on_the_other() {
    use portcullis::operations::keys;
    let Some(one) = first_node().await else { return };
    let other = one.bare_node(one.surroundings(), |_| {}).await.unwrap();
    let ada = one.user("ada").await.at(&other);
    ada.get("/api/v1/account").await.expect(200);
    let before = one.app.keys.current().id;
    let rotated = keys::rotate(&one.app).await.unwrap();
    // The other node may not have noticed; what it signs now is signed with the new key all the same.
    let bob = other.sign_in("ada").await;
    assert_eq!(crate::keys::kid_of(&bob.access_token), rotated.current.to_string());
    ada.get("/api/v1/account").await.expect(200);
    keys::revoke(&one.app, before).await.unwrap();
    let waited = portcullis::base::Stopwatch::start();
    while ada.get("/api/v1/account").await.status != 401 {
        assert!(waited.elapsed() < std::time::Duration::from_secs(10));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    bob.get("/api/v1/account").await.expect(200);
    other.app.key_keeper.ensure().await.unwrap();
    assert!(other.app.keys.find(rotated.next).is_some(), "the next set is known in time");
}

#[tokio::test]
async fn the_database_holds_no_secret_in_the_clear() {
    let Some(one) = first_node().await else { return };
    let sealed: Vec<u8> = {
        let read = one.app.db.read(|reader| {
            Ok(reader.first("SELECT sealed FROM key_sets", &[], |row| row.get::<Vec<u8>>(0))?)
        });
        read.await.unwrap().unwrap()
    };
    let text = String::from_utf8_lossy(&sealed);
    for word in ["signing_key", "mac_secret", "created_at"] {
        assert!(!text.contains(word), "{word} can be read");
    }
    assert!(sealed.len() > 200);
}
