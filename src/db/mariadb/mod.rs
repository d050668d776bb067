//! MariaDB through `mysql_async`.

mod errors;
mod values;

use std::collections::HashMap;
use std::time::Duration;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts, Statement};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use errors::explain;
use values::{MariaDbRow, bind};

use super::connection::{Connection, Row};
use super::location::{Server, Tls};
use super::migrate::{Step, Target, lease};
use super::network::{self, Description, Drive, Driver, Health, Limit, Link};
use super::{EngineSetting, Error, Result, Value};

/// The schema's steps.
const STEPS: &[Step] = &[Step {
    number: 1,
    name: "foundation",
    sql: include_str!("../../../migrations/mariadb/0001_foundation.sql"),
}];

/// How long a connection is silent before the network is asked whether its other end is still there.
const KEEPALIVE: Duration = Duration::from_secs(2);
/// Statements prepared per connection before all are closed; only ever reached by lists of varying length.
const STATEMENTS: usize = 256;
/// The oldest version with everything our statements need: `INSERT … RETURNING`, and its own kind of lock waits.
const OLDEST: (u32, u32) = (10, 6);
/// How long a holder of the right to migrate that died keeps others waiting; renewed before every statement.
const LEASE: Duration = Duration::from_mins(5);

/// Settings that matter, and their values that are not safe.
const SETTINGS: &[(&str, &[(&str, &str)])] = &[
    ("innodb_flush_log_at_trx_commit", &[("0", LOST_WRITES), ("2", LOST_WRITES)]),
    ("innodb_doublewrite", &[("0", TORN_PAGES), ("OFF", TORN_PAGES)]),
    ("sync_binlog", &[]),
    ("read_only", &[("1", "every write is refused, unless the user may ignore it; set it to 0")]),
    ("max_connections", &[]),
    ("max_allowed_packet", &[]),
];
const LOST_WRITES: &str = "a power cut may take acknowledged writes; set it to 1";
const TORN_PAGES: &str = "a power cut may damage the database; set it to ON";

/// How to reach a MariaDB server.
#[derive(Clone)]
pub(super) struct MariaDb {
    opts: Opts,
}

impl MariaDb {
    pub(super) fn new(server: &Server) -> Self {
        let tls = match &server.tls {
            Tls::Disabled => None,
            Tls::Unverified => Some(SslOpts::default().with_danger_accept_invalid_certs(true)),
            Tls::Verified { authority: None } => Some(SslOpts::default()),
            Tls::Verified { authority: Some(path) } => Some(
                SslOpts::default()
                    .with_root_certs(vec![path.clone().into()])
                    .with_disable_built_in_roots(true),
            ),
        };
        // Without "found rows" an UPDATE that matches but changes nothing reports no row. Statements are kept here, not
        // in the driver: its own store parses the text again on every call. The driver would also leave the given
        // address for a local socket the server names.
        let opts = OptsBuilder::default()
            .ip_or_hostname(server.host.clone())
            .tcp_port(server.port)
            .user(Some(server.user.clone()))
            .pass(server.password.as_ref().map(|password| password.expose_secret().to_owned()))
            .db_name(Some(server.database.clone()))
            .ssl_opts(tls)
            .tcp_keepalive(Some(KEEPALIVE))
            .client_found_rows(true)
            .stmt_cache_size(0)
            .prefer_socket(false);
        Self { opts: opts.into() }
    }
}

impl Driver for MariaDb {
    type Link = MariaDbLink;
    const NAME: &'static str = "MariaDB";
    const TIME: &'static str = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)";

    fn connect(&self, deadline: Instant, limit: Limit) -> Result<MariaDbLink> {
        let mut drive = Drive::new(deadline)?;
        let conn = drive.wait(Conn::new(self.opts.clone()), explain)?;
        let mut link = MariaDbLink { conn, statements: HashMap::new(), drive };
        link.batch("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
        let seconds = match limit {
            Limit::Of(time) => time.as_secs_f64(),
            // Zero means no limit.
            Limit::None => 0.0,
        };
        // In UTC no hour comes twice. The modes let one SQL text mean the same as on the other engines, and the language of messages is the one the
        // constraint's name is read from.
        link.batch(&format!(
            "SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin, lc_messages = 'en_US', time_zone = '+00:00', \
             max_statement_time = {seconds}, idle_transaction_timeout = {pause}, \
             sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,\
             STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
            pause = seconds.ceil(),
        ))?;
        Ok(link)
    }

    fn location(&self) -> String {
        let (host, port) = (self.opts.ip_or_hostname(), self.opts.tcp_port());
        format!("{host}:{port}/{}", self.opts.db_name().unwrap_or_default())
    }

    fn steps(&self) -> &'static [Step] {
        STEPS
    }
}

/// One connection. The order of its fields is the order of their end: the runtime goes last.
pub(super) struct MariaDbLink {
    conn: Conn,
    statements: HashMap<String, Statement>,
    drive: Drive,
}

impl MariaDbLink {
    /// Runs SQL as it stands, without values and without preparing it.
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.drive.wait(self.conn.query_drop(sql), explain)
    }

    fn statement(&mut self, sql: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            for (_, old) in self.statements.drain() {
                self.drive.wait(self.conn.close(old), explain)?;
            }
        }
        let statement = self.drive.wait(self.conn.prep(sql), explain)?;
        self.statements.insert(sql.into(), statement.clone());
        Ok(statement)
    }
}

impl Connection for MariaDbLink {
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<()>,
    ) -> Result<()> {
        let statement = self.statement(sql)?;
        let conn = &mut self.conn;
        let read = async {
            let mut rows = conn.exec_iter(statement, bind(values)).await?;
            let mut outcome = Ok(());
            while let Some(row) = rows.next().await? {
                if outcome.is_ok() {
                    outcome = each(&MariaDbRow(row));
                }
            }
            Ok(outcome)
        };
        self.drive.wait(read, explain)?
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64> {
        let statement = self.statement(sql)?;
        self.drive.wait(self.conn.exec_drop(statement, bind(values)), explain)?;
        Ok(self.conn.affected_rows())
    }

    fn claiming(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }
}

impl Link for MariaDbLink {
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
        self.drive.wait(self.conn.ping(), explain)
    }

    fn begin(&mut self) -> Result<()> {
        self.batch("START TRANSACTION")
    }

    fn begin_snapshot(&mut self) -> Result<()> {
        // For the next transaction alone.
        self.batch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        self.batch("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    }

    fn commit(&mut self) -> Result<()> {
        self.batch("COMMIT")
    }

    fn rollback(&mut self) -> Result<()> {
        self.batch("ROLLBACK")
    }

    fn supported_version(&mut self) -> Result<String> {
        let version = network::text(self, "SELECT VERSION()")?;
        if version.contains("MariaDB") && numbers(&version) >= OLDEST {
            return Ok(version);
        }
        let (major, minor) = OLDEST;
        Err(Error::Internal(format!(
            "the server is version {version}; Portcullis needs MariaDB {major}.{minor} or newer"
        )))
    }

    fn describe(&mut self) -> Result<Description> {
        let mut settings = Vec::new();
        for (name, dangers) in SETTINGS {
            // Variables are named by text; the names stand above.
            let value = network::text(self, &format!("SELECT CAST(@@{name} AS CHAR)"))?;
            settings.push(EngineSetting::judged(name, value, dangers));
        }
        let tls = "SELECT COALESCE(MAX(VARIABLE_VALUE), '') FROM information_schema.SESSION_STATUS \
                   WHERE VARIABLE_NAME = 'SSL_CIPHER'";
        settings.push(EngineSetting::judged("tls", network::text(self, tls)?, &[]));
        let mut sizes = Vec::new();
        for (name, column) in [("data", "DATA_LENGTH"), ("indexes", "INDEX_LENGTH")] {
            let sql = format!(
                "SELECT CAST(COALESCE(SUM({column}), 0) AS SIGNED) FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = DATABASE()"
            );
            sizes.push((name, network::whole(self, &sql)?));
        }
        Ok(Description { settings, sizes })
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.split(['.', '-']).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

impl Target for MariaDbLink {
    fn is_prepared(&mut self) -> Result<bool> {
        let sql = "SELECT COUNT(*) FROM information_schema.TABLES \
                   WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'schema_steps'";
        Ok(network::whole(self, sql)? > 0)
    }

    fn prepare(&mut self) -> Result<()> {
        self.batch(
            "CREATE TABLE IF NOT EXISTS schema_steps (
                number BIGINT NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL,
                statements_done BIGINT NOT NULL DEFAULT 0, checksum CHAR(64) NOT NULL, started_at BIGINT NOT NULL,
                done_at BIGINT) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin",
        )?;
        self.batch(lease::TABLE)?;
        lease::prepare(self)
    }

    fn lock(&mut self, holder: &str) -> Result<bool> {
        lease::take(self, holder, "CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)", LEASE)
    }

    fn unlock(&mut self, holder: &str) -> Result<()> {
        lease::give_back(self, holder)
    }

    fn run(&mut self, statement: &str) -> Result<()> {
        self.batch(statement)
    }

    fn ddl_rolls_back(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_compare_by_their_numbers() {
        assert_eq!(numbers("10.11.19-MariaDB-0+deb12u1"), (10, 11));
        assert_eq!(numbers("11.4-MariaDB"), (11, 4));
        assert!(numbers("10.5.29-MariaDB") < super::OLDEST);
    }
}
