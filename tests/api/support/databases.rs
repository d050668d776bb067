//! A database of its own for each test: a file in the test's folder, or, when `PORTCULLIS_TEST_DATABASE_URL` names a
//! server (with a user who may create databases), one there, copied from a template that is made once a process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use mysql_async::prelude::Queryable;
use portcullis::base::{Clock, SystemClock};
use portcullis::config::{Config, Database};
use portcullis::db::{Db, Preparation, Settings};
use portcullis::wiring::WRITE_PATIENCE;
use tokio_postgres::NoTls;

/// What all names begin with; the process that made them follows.
const PREFIX: &str = "portcullis_test_";

/// A server to test against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    MariaDb(&'static str),
    Postgres(&'static str),
}

/// The server that the tests use, if they use one.
pub fn server() -> Option<Server> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(read_url).as_deref()?;
    Some(if url.starts_with("postgres") { Server::Postgres(url) } else { Server::MariaDb(url) })
}

#[expect(clippy::disallowed_methods, reason = "the server to test with is no setting of the application")]
fn read_url() -> Option<String> {
    let url = std::env::var("PORTCULLIS_TEST_DATABASE_URL").ok()?;
    Some(url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
}

/// A database on a server; it is dropped with its holder.
pub struct TestDatabase {
    server: Server,
    name: String,
}

impl TestDatabase {
    /// With the schema of the house.
    pub fn new(server: Server) -> Self {
        let database = Self::named(server, &next_name());
        match server {
            Server::Postgres(_) => {
                let template = template(server).name;
                server.run(&format!("CREATE DATABASE {} TEMPLATE {template}", database.name));
            }
            Server::MariaDb(_) => {
                server.run(&format!("CREATE DATABASE {}", database.name));
                database.run(template(server).schema);
            }
        }
        database
    }

    /// Without anything in it.
    pub fn empty(server: Server) -> Self {
        let database = Self::named(server, &next_name());
        server.run(&format!("CREATE DATABASE {}", database.name));
        database
    }

    fn named(server: Server, name: &str) -> Self {
        Self { server, name: name.to_owned() }
    }

    /// Its address, as an operator writes it.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Runs statements there, beside the application.
    pub fn run(&self, sql: &str) {
        self.server.run_in(&self.name, sql);
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let force = if matches!(self.server, Server::Postgres(_)) { " WITH (FORCE)" } else { "" };
        self.server.run(&format!("DROP DATABASE {}{force}", self.name));
    }
}

fn next_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{PREFIX}{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What new databases are copied from.
struct Template {
    name: &'static str,
    /// The statements that make the same tables, for servers that cannot copy a database.
    schema: &'static str,
}

fn template(server: Server) -> &'static Template {
    static TEMPLATE: OnceLock<Template> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        server.drop_what_dead_processes_left();
        let name: &'static str = next_name().leak();
        server.run(&format!("CREATE DATABASE {name}"));
        let folder = tempfile::tempdir().unwrap();
        let database = Database { url: server.url(name).into(), ..Config::default().database };
        let settings = Settings {
            database: &database,
            folder: folder.path(),
            now: SystemClock.now(),
            patience: WRITE_PATIENCE,
        };
        Db::open(settings, Preparation::Migrate).unwrap();
        let schema = if let Server::MariaDb(_) = server { server.schema_of(name).leak() } else { "" };
        Template { name, schema }
    })
}

impl Server {
    /// The address of a database there.
    pub fn url(self, database: &str) -> String {
        let (Self::MariaDb(url) | Self::Postgres(url)) = self;
        format!("{url}/{database}")
    }

    /// Runs statements in the server's own database.
    pub fn run(self, sql: &str) {
        self.run_in(self.maintenance(), sql);
    }

    fn maintenance(self) -> &'static str {
        match self {
            Self::MariaDb(_) => "mysql",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Runs statements in one of its databases.
    pub fn run_in(self, database: &str, sql: &str) {
        self.ask_in(database, sql);
    }

    /// Whether it takes connections.
    pub fn lets_in(self) -> bool {
        let url = self.url(self.maintenance());
        beside(async {
            match self {
                Self::MariaDb(_) => mysql_async::Conn::from_url(url).await.is_ok(),
                Self::Postgres(_) => tokio_postgres::connect(&url, NoTls).await.is_ok(),
            }
        })
    }

    /// A connection on which a statement was run, open until the answer is dropped. `None`: it was not let in.
    pub fn hold(self, sql: &str) -> Option<Sender<()>> {
        let (url, sql) = (self.url(self.maintenance()), sql.to_owned());
        let (held, is_held) = channel();
        let (release, released) = channel::<()>();
        thread::spawn(move || {
            on_a_runtime(async {
                match self {
                    Self::MariaDb(_) => {
                        let mut connection = mysql_async::Conn::from_url(url).await.ok()?;
                        connection.query_drop(sql).await.unwrap();
                        held.send(()).ok();
                        released.recv().ok();
                        connection.disconnect().await.ok()
                    }
                    Self::Postgres(_) => {
                        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.ok()?;
                        tokio::spawn(connection);
                        client.batch_execute(&sql).await.unwrap();
                        held.send(()).ok();
                        released.recv().ok()
                    }
                }
            })
        });
        is_held.recv().ok().map(|()| release)
    }

    /// The first column of every row, as text.
    fn ask_in(self, database: &str, sql: &str) -> Vec<String> {
        let url = self.url(database);
        beside(async {
            match self {
                Self::MariaDb(_) => {
                    let mut connection = mysql_async::Conn::from_url(url).await.unwrap();
                    let mut result = connection.query_iter(sql).await.unwrap();
                    let rows: Vec<mysql_async::Row> = result.collect().await.unwrap();
                    result.drop_result().await.unwrap();
                    connection.disconnect().await.unwrap();
                    let last =
                        |row: mysql_async::Row| row.get::<String, _>(row.len() - 1).unwrap_or_default();
                    rows.into_iter().map(last).collect()
                }
                Self::Postgres(_) => {
                    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                    tokio::spawn(connection);
                    let messages = client.simple_query(sql).await.unwrap();
                    let row = |message| match message {
                        tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0)?.to_owned()),
                        _ => None,
                    };
                    messages.into_iter().filter_map(row).collect()
                }
            }
        })
    }

    /// Everything that makes the tables of a database as they stand, marks of the schema's steps included.
    fn schema_of(self, database: &str) -> String {
        let mut schema = String::from("SET SESSION foreign_key_checks = 0;");
        for table in self.ask_in(database, "SHOW TABLES") {
            let create = self.ask_in(database, &format!("SHOW CREATE TABLE {table}"));
            schema = schema + &create[0] + ";";
            if table.starts_with("schema_") {
                let copy = format!("INSERT INTO {table} SELECT * FROM {database}.{table};");
                schema.push_str(&copy);
            }
        }
        schema
    }

    fn drop_what_dead_processes_left(self) {
        let names = match self {
            Self::MariaDb(_) => "SHOW DATABASES",
            Self::Postgres(_) => "SELECT datname FROM pg_database",
        };
        for name in self.ask_in(self.maintenance(), names) {
            let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next());
            if process.is_some_and(|process| !std::path::Path::new("/proc").join(process).exists()) {
                drop(TestDatabase::named(self, &name));
            }
        }
    }
}

/// Runs a future on a thread of its own, wherever the caller stands.
fn beside<T: Send>(future: impl Future<Output = T> + Send) -> T {
    thread::scope(|scope| scope.spawn(|| on_a_runtime(future)).join().unwrap())
}

fn on_a_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
