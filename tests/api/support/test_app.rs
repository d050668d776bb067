//! An application of its own for each test: the same wiring as `main`, a clock that stands still, the cheapest hash.

use std::fs;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use axum::Router;
use futures_util::future::try_join_all;
use portcullis::app::App;
use portcullis::base::{Caller, ManagesPeople, ManualClock, Permission, Role, Status, Timestamp};
use portcullis::config::Config;
use portcullis::operations::jobs;
use portcullis::resources::accounts::RegisterRequest;
use portcullis::resources::accounts::people::{self, NewPerson};
use portcullis::wiring::{self, Surroundings};
use serde_json::json;
use tempfile::TempDir;

use super::random::SeededRandomness;
use super::{Anonymous, Arrived, Postbox, TestDatabase, User, buckets, database_server};

/// The password of every test account.
pub const PASSWORD: &str = "correct horse battery staple";

/// Longer than any stall of a machine that is busy with tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Connections to a database server: enough for transactions to meet.
const WORKERS: usize = 4;

/// 2026-11-21T12:00:00Z.
const NOON: Timestamp = Timestamp::from_millis(1_795_262_400_000);

/// One Portcullis of one test.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    /// Where its mails arrive.
    pub post: Postbox,
    folder: TempDir,
    /// `None`: a file in the folder, or that of another node.
    pub database: Option<TestDatabase>,
}

impl TestApp {
    /// With the default configuration.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With some settings changed.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::seeded(7, change).await
    }

    /// Another server: one whose keys and ids differ from those of [`Self::new`].
    pub async fn other() -> Self {
        Self::seeded(23, |_| {}).await
    }

    async fn seeded(seed: u64, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.dir = folder.path().join("data");
        config.password.hash_memory = bytesize::ByteSize::kib(8);
        config.password.hash_iterations = 1;
        config.password.hash_queue = 1000;
        config.limits.enabled = false;
        let database = database_server().map(TestDatabase::new);
        if let Some(database) = &database {
            config.database.url = database.url().into();
            config.database.deadline = PATIENCE;
            config.database.workers = WORKERS;
        }
        buckets::choose(&mut config.files);
        change(&mut config);
        let clock = Arc::new(ManualClock::new(NOON));
        let random = Arc::new(SeededRandomness::new(seed));
        let post = Postbox::default();
        let surroundings = surroundings(&clock, random, &post);
        let app = wiring::build(config, surroundings).await.unwrap();
        let router = wiring::router(&app);
        Self { app, clock, router, post, folder, database }
    }

    /// The same data folder after a restart of the process; the clock goes on where it stood.
    pub async fn restart(self) -> Self {
        self.reconfigured(|_| {}).await
    }

    /// The same with other settings.
    pub async fn reconfigured(self, change: impl FnOnce(&mut Config)) -> Self {
        let random = Arc::new(SeededRandomness::new(11));
        let surroundings = surroundings(&self.clock, random, &self.post);
        self.rebuilt(surroundings, change).await
    }

    /// The same in other surroundings.
    pub async fn rebuilt(self, surroundings: Surroundings, change: impl FnOnce(&mut Config)) -> Self {
        let Self { app, clock, router, post, folder, database } = self;
        app.db.close(Duration::from_secs(5));
        let mut config = app.config.clone();
        drop((app, router));
        config.data.dir = folder.path().join("data");
        change(&mut config);
        let app = wiring::build(config, surroundings).await.unwrap();
        let router = wiring::router(&app);
        Self { app, clock, router, post, folder, database }
    }

    /// Another node: the same database server, the same keys, the same clock, a folder of its own.
    pub async fn second_node(&self, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("data/keys");
        fs::create_dir_all(&keys).unwrap();
        for key in fs::read_dir(self.app.config.data.dir.join("keys")).unwrap() {
            let key = key.unwrap();
            fs::copy(key.path(), keys.join(key.file_name())).unwrap();
        }
        self.node(folder, self.surroundings(), change).await.unwrap()
    }

    /// Another node with an empty folder of its own: what it knows it has from the database. Or why it is refused.
    pub async fn bare_node(
        &self,
        surroundings: Surroundings,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, String> {
        self.node(tempfile::tempdir().unwrap(), surroundings, change).await
    }

    /// The same clock and other ids.
    pub fn surroundings(&self) -> Surroundings {
        surroundings(&self.clock, Arc::new(SeededRandomness::new(13)), &self.post)
    }

    async fn node(
        &self,
        folder: TempDir,
        surroundings: Surroundings,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, String> {
        let mut config = self.app.config.clone();
        config.data.dir = folder.path().join("data");
        change(&mut config);
        let app = wiring::build(config, surroundings).await?;
        let router = wiring::router(&app);
        let post = self.post.clone();
        Ok(Self { app, clock: Arc::clone(&self.clock), router, post, folder, database: None })
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Waits until everything that was handed to the database without waiting has been written.
    pub async fn settle(&self) {
        // Each connection of a server takes jobs in turn; when all are at the barrier, what was handed in before is done.
        let barrier = Arc::new(Barrier::new(self.writers()));
        let arrive = || {
            let barrier = Arc::clone(&barrier);
            self.app.db.write(move |_| {
                barrier.wait();
                Ok(())
            })
        };
        try_join_all((0..self.writers()).map(|_| arrive())).await.unwrap();
    }

    /// How many connections write.
    fn writers(&self) -> usize {
        if database_server().is_some() { self.app.config.database.workers } else { 1 }
    }

    /// Keeps every connection that writes at work until the answer is dropped.
    pub async fn hold_writers(&self) -> Sender<()> {
        let (release, held) = channel();
        let held = Arc::new(Mutex::new(held));
        let (begun, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..self.writers() {
            let (held, begun) = (Arc::clone(&held), begun.clone());
            assert!(self.app.db.post(move |_| {
                begun.send(()).ok();
                held.lock().unwrap().recv().ok();
                Ok(())
            }));
        }
        for _ in 0..self.writers() {
            has_begun.recv().await.unwrap();
        }
        release
    }

    /// One turn of the jobs that a server runs every hour.
    pub async fn sweep(&self) {
        jobs::sweep(&self.app).await.unwrap();
    }

    /// Sends every mail that is due; what has arrived since the last look.
    pub async fn mails(&self) -> Vec<Arrived> {
        self.app.mail.turn().await.unwrap();
        self.post.take()
    }

    /// A caller without a token.
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(self.router.clone())
    }

    /// A caller who has registered as NAME@example.com (user name NAME) with [`PASSWORD`], and signed in.
    pub async fn user(&self, name: &str) -> User {
        let body = json!({ "email": format!("{name}@example.com"), "username": name, "password": PASSWORD });
        self.anonymous().post("/api/v1/auth/register", &body).await.expect(201);
        self.sign_in(name).await
    }

    /// A further session of an account made by [`Self::user`] or [`Self::admin`].
    pub async fn sign_in(&self, name: &str) -> User {
        self.anonymous().sign_in(name, PASSWORD).await
    }

    /// A signed-in administrator, made as the command line does.
    pub async fn admin(&self) -> User {
        self.person("admin", Role::Admin).await
    }

    /// A signed-in approver, made as the command line does.
    pub async fn approver(&self) -> User {
        self.person("approver", Role::Approver).await
    }

    /// A signed-in account with this user name and role, made as the command line does.
    pub async fn person(&self, name: &str, role: Role) -> User {
        let request = RegisterRequest::new(None, Some(name.into()), None, PASSWORD.into());
        let registration = request.into_registration(&self.app.password_rules).unwrap();
        let permission = ManagesPeople::of(Caller::command_line()).unwrap();
        let person = NewPerson { registration, role, status: Status::Active };
        people::create(&self.app, permission, person).await.unwrap();
        self.sign_in(name).await
    }

    /// How many rows a statement counts; for what no door shows.
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.app.db.read(move |reader| Ok(reader.number(sql, &[])?)).await.unwrap()
    }
}

fn surroundings(clock: &Arc<ManualClock>, random: Arc<SeededRandomness>, post: &Postbox) -> Surroundings {
    Surroundings {
        clock: Arc::clone(clock) as _,
        random,
        follow_database: false,
        patience: PATIENCE,
        transport: Some(Arc::new(post.clone())),
    }
}
