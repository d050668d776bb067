//! Nodes whose machines disagree about the time go by the database's.

use std::sync::Arc;

use portcullis::base::{Clock, SystemClock, Timestamp};
use portcullis::config::Config;
use portcullis::wiring::Surroundings;
use serde_json::json;

use crate::support::{TestApp, database_server};

/// The machine's clock, so many milliseconds off.
struct Skewed(i64);

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(SystemClock.now().millis() + self.0)
    }
}

fn sealed(config: &mut Config) {
    config.keys.master_key = Some("a master key of tests, long enough to be one".into());
}

/// The holder of a database, and two nodes on it: one 30 s late, one 30 s early.
async fn skewed_nodes() -> Option<(TestApp, TestApp, TestApp)> {
    if database_server().is_none() {
        eprintln!("skipped: PORTCULLIS_TEST_DATABASE_URL is not set");
        return None;
    }
    let base = TestApp::with(sealed).await;
    let node = async |skew| {
        let clock = Arc::new(Skewed(skew));
        let surroundings = Surroundings { clock, follow_database: true, ..base.surroundings() };
        base.bare_node(surroundings, |_| {}).await.unwrap()
    };
    let (late, early) = (node(-30_000).await, node(30_000).await);
    Some((base, late, early))
}

#[tokio::test]
async fn nodes_agree_on_the_time() {
    let Some((_base, late, early)) = skewed_nodes().await else { return };
    let apart = (early.app.now().millis() - late.app.now().millis()).abs();
    // A busy machine may be held up between the two looks; the clocks themselves are a minute apart.
    assert!(apart < 10_000, "they are {apart} ms apart");
    let ours = SystemClock.now().millis();
    assert!((early.app.now().millis() - ours).abs() < 10_000, "the server's clock is the machine's here");
}

#[tokio::test]
async fn two_tabs_on_two_skewed_nodes_stay_signed_in() {
    let Some((_base, late, early)) = skewed_nodes().await else { return };
    let first = late.user("ada").await;
    let (mut here, mut there) = (first.clone(), first.clone());
    for _ in 0..6 {
        // Both tabs hold the same token; whoever comes second repeats the first one's rotation.
        let one = early.anonymous().refresh(&here.refresh_token).await.expect(200);
        let two = late.anonymous().refresh(&there.refresh_token).await.expect(200);
        (here, there) = (here.with_tokens(&one), there.with_tokens(&two));
        // A token that one node has just made is good at the other at once: not of the future, not expired.
        here.at(&late).get("/api/v1/account").await.expect(200);
        there.at(&early).get("/api/v1/account").await.expect(200);
        here.at(&late).post("/api/v1/tasks", &json!({ "title": "t" })).await.expect(201);
        // They share what the second one got, as tabs of one browser do.
        here = here.with_tokens(&two);
    }
}
