//! PostgreSQL through tokio-postgres.

mod errors;
mod tls;
mod values;

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use errors::explain;
use values::PostgresRow;

use super::connection::{Connection, Row};
use super::location::{Server, Tls};
use super::migrate::{Step, Target};
use super::network::{self, Description, Drive, Driver, Health, Limit, Link};
use super::placeholders::numbered;
use super::{EngineSetting, Error, Result, Value};

/// The schema's steps.
const STEPS: &[Step] = &[Step {
    number: 1,
    name: "foundation",
    sql: include_str!("../../../migrations/postgres/0001_foundation.sql"),
}];

/// Statements prepared per connection before all are forgotten; only ever reached by lists of varying length.
const STATEMENTS: usize = 256;
/// The oldest major version that is still looked after.
const OLDEST: u64 = 14;
/// A lock not had by then counts as a deadlock. The server itself looks for one after `deadlock_timeout`, a second by
/// default, which only a superuser may shorten and which no job's deadline would outlive.
const LOCK_WAIT: Duration = Duration::from_millis(20);
/// How long a connection is silent before the network is asked whether its other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(2);
/// Names the house's migrations among a server's advisory locks.
const MIGRATION_LOCK: i64 = 0x706f_7274_6375_6c6c;

/// Settings that matter, and their values that are not safe.
const SETTINGS: &[(&str, &[(&str, &str)])] = &[
    ("synchronous_commit", &[("off", "a crash of the server may take acknowledged writes; set it to on")]),
    ("fsync", &[("off", "a power cut may take acknowledged writes or the whole database; set it to on")]),
    ("full_page_writes", &[("off", "a power cut may damage the database; set it to on")]),
    (
        "default_transaction_read_only",
        &[("on", "every write is refused; set it to off for this user and database")],
    ),
    ("max_connections", &[]),
];

/// How to reach a PostgreSQL server.
#[derive(Clone)]
pub(super) struct Postgres {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Postgres {
    /// # Errors
    /// A sentence when the file of `database.tls_ca` cannot be used.
    pub(super) fn new(server: &Server) -> Result<Self, String> {
        let mut config = Config::new();
        config
            .host(&server.host)
            .port(server.port)
            .user(&server.user)
            .dbname(&server.database)
            .application_name("portcullis")
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(3)
            .ssl_mode(if server.tls == Tls::Disabled { SslMode::Disable } else { SslMode::Require });
        if let Some(password) = &server.password {
            config.password(password.expose_secret());
        }
        Ok(Self { config, tls: MakeRustlsConnect::new(tls::client(&server.tls)?) })
    }
}

impl Driver for Postgres {
    type Link = PostgresLink;
    const NAME: &'static str = "PostgreSQL";
    const TIME: &'static str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

    fn connect(&self, deadline: Instant, limit: Limit) -> Result<PostgresLink> {
        let mut drive = Drive::new(deadline)?;
        let (client, connection) = drive.wait(self.config.connect(self.tls.clone()), explain)?;
        drive.spawn(async move {
            // Its error reaches the waiting statement through the client.
            drop(connection.await);
        });
        let mut link = PostgresLink { client, statements: HashMap::new(), drive };
        // Zero means no limit.
        let (limit, lock_wait) = match limit {
            Limit::Of(time) => (time.as_millis(), LOCK_WAIT.as_millis()),
            Limit::None => (0, 0),
        };
        link.batch(&format!(
            "SET default_transaction_isolation = 'read committed'; SET statement_timeout = {limit}; \
             SET idle_in_transaction_session_timeout = {limit}; SET lock_timeout = {lock_wait}"
        ))?;
        Ok(link)
    }

    fn location(&self) -> String {
        let host = match self.config.get_hosts() {
            [Host::Tcp(host), ..] => host,
            _ => "",
        };
        let port = self.config.get_ports().first().copied().unwrap_or_default();
        format!("{host}:{port}/{}", self.config.get_dbname().unwrap_or_default())
    }

    fn steps(&self) -> &'static [Step] {
        STEPS
    }
}

/// One connection. The order of its fields is the order of their end: the runtime goes last.
pub(super) struct PostgresLink {
    client: Client,
    statements: HashMap<String, Statement>,
    drive: Drive,
}

impl PostgresLink {
    /// Runs SQL as it stands, without values and without preparing it.
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.drive.wait(self.client.batch_execute(sql), explain)
    }

    /// The prepared statement; its placeholders are numbered once, when it is prepared.
    fn statement(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.drive.wait(self.client.prepare(&numbered(sql)), explain)?;
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Connection for PostgresLink {
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let statement = self.statement(sql)?;
        let client = &self.client;
        let read = async {
            let mut rows = pin!(client.query_raw(&statement, values).await?);
            let mut outcome = Ok(());
            while let Some(row) = rows.try_next().await? {
                if outcome.is_ok() {
                    outcome = each(&PostgresRow(row));
                }
            }
            Ok(outcome)
        };
        self.drive.wait(read, explain)?
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        let statement = self.statement(sql)?;
        self.drive.wait(self.client.execute_raw(&statement, values), explain)
    }

    fn claiming(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }
}

impl Link for PostgresLink {
    fn set_deadline(&mut self, deadline: Instant) {
        self.drive.set_deadline(deadline);
    }

    fn health(&self) -> Health {
        self.drive.health()
    }

    fn condemn(&mut self) {
        self.drive.condemn();
    }

    fn ping(&mut self) -> Result<()> {
        self.drive.wait(self.client.check_connection(), explain)
    }

    fn begin(&mut self) -> Result<()> {
        self.batch("BEGIN")
    }

    fn begin_snapshot(&mut self) -> Result<()> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn commit(&mut self) -> Result<()> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK")
    }

    fn supported_version(&mut self) -> Result<String> {
        let version = network::text(self, "SELECT current_setting('server_version')")?;
        let number = network::whole(self, "SELECT current_setting('server_version_num')::bigint")?;
        if number / 10_000 < OLDEST {
            return Err(Error::Internal(format!(
                "the server is version {version}; Portcullis needs PostgreSQL {OLDEST} or newer"
            )));
        }
        let encoding = network::text(self, "SELECT current_setting('server_encoding')")?;
        if encoding != "UTF8" {
            return Err(Error::Internal(format!(
                "its encoding is {encoding}; create it with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
            )));
        }
        Ok(version)
    }

    fn describe(&mut self) -> Result<Description> {
        let mut settings = Vec::new();
        for (name, dangers) in SETTINGS {
            // Settings are named by text; the names stand above.
            let value = network::text(self, &format!("SELECT current_setting('{name}')"))?;
            settings.push(EngineSetting::judged(name, value, dangers));
        }
        let tls = "SELECT COALESCE(MAX(version || ' ' || cipher), '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        settings.push(EngineSetting::judged("tls", network::text(self, tls)?, &[]));
        let tables = "FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        let sum = |function: &str| format!("SELECT COALESCE(SUM({function}(oid)), 0)::bigint {tables}");
        let sizes = vec![
            ("tables", network::whole(self, &sum("pg_table_size"))?),
            ("indexes", network::whole(self, &sum("pg_indexes_size"))?),
        ];
        Ok(Description { settings, sizes })
    }
}

impl Target for PostgresLink {
    fn is_prepared(&mut self) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM information_schema.tables \
                   WHERE table_schema = current_schema() AND table_name = 'schema_steps'";
        Ok(network::whole(self, sql)? > 0)
    }

    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// The lock ends with its connection; the table is made under it, because two sessions creating the same table at
    /// once make one of them fail in spite of `IF NOT EXISTS`.
    fn lock(&mut self, _: &str) -> Result<bool> {
        let mut taken = false;
        self.query("SELECT pg_try_advisory_lock(?)", &[MIGRATION_LOCK.into()], &mut |row| {
            taken = row.get(0)?;
            Ok(())
        })?;
        if taken {
            self.batch(
                "SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS schema_steps (
                    number BIGINT PRIMARY KEY, name TEXT NOT NULL, statements_done BIGINT NOT NULL DEFAULT 0,
                    checksum TEXT NOT NULL, started_at BIGINT NOT NULL, done_at BIGINT)",
            )?;
        }
        Ok(taken)
    }

    fn unlock(&mut self, _: &str) -> Result<()> {
        self.query("SELECT pg_advisory_unlock(?)", &[MIGRATION_LOCK.into()], &mut |_| Ok(()))
    }

    fn run(&mut self, statement: &str) -> Result<()> {
        self.batch(statement)
    }

    fn ddl_rolls_back(&self) -> bool {
        true
    }
}
