//! A day with a node, its clients who work without a pause, and what they were told.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::base::Stopwatch;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{Answer, PATIENCE, TestApp, User};

const CLIENTS: usize = 8;
/// As long as a request waits for the database, by default.
const DEADLINE: Duration = Duration::from_secs(1);
/// What a busy machine may add to any promise.
const SLACK: Duration = Duration::from_secs(5);
/// Within this time of the server's return a node works again.
const RESUMED: Duration = Duration::from_secs(2);

pub struct Day {
    /// Sees the same database with more patience.
    calm: TestApp,
    node: TestApp,
    ada: User,
    clients: Vec<JoinHandle<()>>,
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    over: AtomicBool,
    made: Mutex<Vec<String>>,
    refused: AtomicUsize,
}

impl Told {
    fn made(&self) -> usize {
        self.made.lock().unwrap().len()
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// Creates tasks until the day is over. Every answer comes in time, and is one of two.
    async fn work(&self, ada: User, client: usize) {
        for number in 0.. {
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let title = format!("{client} {number}");
            let answer = in_time(ada.post("/api/v1/tasks", &json!({ "title": title }))).await;
            if answer.status == 201 {
                self.made.lock().unwrap().push(title);
            } else {
                answer.problem(503, "database.unavailable");
                self.refused.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// The answer, which may take the deadline and no more.
async fn in_time(answer: impl Future<Output = Answer>) -> Answer {
    let waited = Stopwatch::start();
    let answer = answer.await;
    let waited = waited.elapsed();
    assert!(waited < DEADLINE + SLACK, "{waited:?}: {answer:?}");
    answer
}

impl Day {
    /// Begins with everything in order. The node finds the database at this address.
    pub async fn begin(calm: TestApp, url: String) -> Self {
        let ada = calm.user("ada").await;
        let node = calm
            .second_node(|config| {
                config.database.url = url.into();
                config.database.deadline = DEADLINE;
            })
            .await;
        let ada = ada.at(&node);
        let told = Arc::<Told>::default();
        let work = |client| {
            let (told, ada) = (Arc::clone(&told), ada.clone());
            tokio::spawn(async move { told.work(ada, client).await })
        };
        let clients = (0..CLIENTS).map(work).collect();
        let day = Self { calm, node, ada, clients, told };
        day.goes_on(PATIENCE).await;
        day
    }

    /// The trouble shows: writes are refused, the node says why it is not ready, and lives.
    pub async fn is_refused(&self, reasons: &[&str]) {
        let waited = Stopwatch::start();
        loop {
            let (refused, made) = (self.told.refused(), self.told.made());
            in_time(self.node.anonymous().get("/healthz")).await.expect(200);
            let ready = in_time(self.node.anonymous().get("/readyz")).await;
            if ready.status == 503 && self.told.refused() > refused && self.told.made() == made {
                let reason = ready.json["reason"].as_str().unwrap();
                assert!(reasons.iter().any(|word| reason.contains(word)), "{reason}");
                return;
            }
            assert!(waited.elapsed() < PATIENCE, "no trouble shows: {ready:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What only reads goes on.
    pub async fn still_reads(&self) {
        for path in ["/api/v1/account", "/api/v1/tasks"] {
            let waited = Stopwatch::start();
            // Writers who wait for their deadline may have every connection for a while.
            while in_time(self.ada.get(path)).await.status != 200 {
                assert!(waited.elapsed() < PATIENCE, "nothing is read");
            }
        }
    }

    /// The server has returned: the node works again without anybody's help.
    pub async fn resumes(&self) {
        self.goes_on(RESUMED + SLACK).await;
        in_time(self.ada.get("/api/v1/account")).await.expect(200);
    }

    async fn goes_on(&self, within: Duration) {
        let made = self.told.made();
        let waited = Stopwatch::start();
        while self.told.made() < made + CLIENTS || self.node.anonymous().get("/readyz").await.status != 200 {
            assert!(waited.elapsed() < within, "nothing is made for {within:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was acknowledged is there, and nothing is there twice.
    pub async fn ends_well(self) {
        self.told.over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.unwrap();
        }
        let titles = self
            .calm
            .app
            .db
            .read(|reader| Ok(reader.list("SELECT title FROM tasks", &[], |row| row.get::<String>(0))?));
        let titles = titles.await.unwrap();
        let there: HashSet<_> = titles.iter().collect();
        assert_eq!(there.len(), titles.len(), "something was done twice");
        let made = self.told.made.lock().unwrap();
        let lost: Vec<_> = made.iter().filter(|title| !there.contains(title)).collect();
        assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), made.len());
    }
}
