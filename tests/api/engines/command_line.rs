//! `portcullis db …` on the engine that the tests use.

use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{TestDatabase, database_server};

/// An operator with a database that nothing has been done to yet.
struct Operator {
    folder: TempDir,
    database: Option<TestDatabase>,
}

impl Operator {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: database_server().map(TestDatabase::empty) }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.current_dir(self.folder.path()).env_clear().args(arguments);
        if let Some(database) = &self.database {
            command.env("PORTCULLIS_DATABASE__URL", database.url());
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let output = self.run(arguments);
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        for word in words {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}

#[test]
fn missing_steps_are_told_by_the_exit_code() {
    let operator = Operator::new();
    let missing: &[&str] = match operator.database {
        None => &["There is no database", "portcullis.db"],
        Some(_) => &["0001 foundation", "not done yet", "One step is missing"],
    };
    operator.says(&["db", "migrate", "--check"], 1, missing);
    operator.says(&["db", "migrate"], 0, &["0001 foundation", "done"]);
    operator.says(&["db", "migrate", "--check"], 0, &["done"]);
    operator.says(&["db", "migrate"], 0, &["done"]);
}

#[test]
fn the_status_names_engine_place_sizes_and_settings() {
    let operator = Operator::new();
    operator.says(&["db", "migrate"], 0, &[]);
    let words: &[&str] = match &operator.database {
        None => &["SQLite 3.", "portcullis.db", "bytes", "journal_mode", "wal"],
        Some(database) if database.url().starts_with("postgres") => {
            &["PostgreSQL", "bytes", "synchronous_commit"]
        }
        Some(_) => &["MariaDB", "bytes", "innodb_flush_log_at_trx_commit"],
    };
    operator.says(&["db", "status"], 0, words);
}

#[test]
fn commands_that_want_accounts_make_no_schema() {
    let operator = Operator::new();
    for command in
        [&["user", "list"][..], &["user", "show", "ada"], &["user", "approve", "ada"], &["audit", "list"]]
    {
        let words = if operator.database.is_some() { "0001_foundation" } else { "There is no database" };
        operator.says(command, 1, &[words]);
    }
    let left = std::fs::read_dir(operator.folder.path()).unwrap().count();
    assert_eq!(left, 0, "something was made");
    if operator.database.is_some() {
        operator.says(&["db", "migrate", "--check"], 1, &["not done yet"]);
    }
}

#[test]
fn unsafe_settings_are_marked() {
    let operator = Operator::new();
    operator.says(&["db", "migrate"], 0, &[]);
    let (setting, words) = match &operator.database {
        None => {
            let file = operator.folder.path().join("portcullis-data/portcullis.db");
            let mode = "PRAGMA journal_mode = delete";
            rusqlite::Connection::open(file).unwrap().query_row(mode, [], |_| Ok(())).unwrap();
            ("journal_mode", "NOT SAFE: readers and writers")
        }
        Some(database) if database.url().starts_with("postgres") => {
            let name = database.url().rsplit('/').next().unwrap().to_owned();
            database.run(&format!("ALTER DATABASE {name} SET synchronous_commit = off"));
            ("synchronous_commit", "NOT SAFE: a crash of the server")
        }
        // MariaDB's are those of the whole server, which other tests use.
        Some(_) => return,
    };
    operator.says(&["db", "status"], 0, &[setting, words]);
    operator.says(&["doctor"], 1, &["problem  database", setting]);
    let status = operator.run(&["db", "status", "--output", "json"]).stdout;
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    let settings = status["settings"].as_array().unwrap();
    let is_marked = |name: &str| {
        let found = settings.iter().find(|setting| setting["name"] == name).unwrap();
        !found["danger"].is_null()
    };
    assert!(is_marked(setting), "{settings:?}");
    let safe = if operator.database.is_some() { "max_connections" } else { "synchronous" };
    assert!(!is_marked(safe), "{settings:?}");
}

#[test]
fn a_doctor_finds_a_sound_database_and_its_clock() {
    let operator = Operator::new();
    operator.says(&["db", "migrate"], 0, &[]);
    let engine = match &operator.database {
        None => "SQLite 3.",
        Some(database) if database.url().starts_with("postgres") => "PostgreSQL ",
        Some(_) => "MariaDB ",
    };
    let found = operator.run(&["doctor", "--output", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let findings = found.as_array().unwrap();
    for (area, words) in
        [("database", engine.trim_end()), ("schema", "complete up to step 0001"), ("clock", "20")]
    {
        let of_area: Vec<_> = findings.iter().filter(|finding| finding["area"] == area).collect();
        assert!(!of_area.is_empty(), "{area}: {found:#}");
        // Further ones tell of settings: the server that tests use need not be safe.
        assert_eq!(of_area[0]["grade"], "ok", "{found:#}");
        assert!(of_area[0]["found"].as_str().unwrap().contains(words), "{area}: {found:#}");
    }
}

#[test]
fn a_reset_asks_and_leaves_nothing() {
    let operator = Operator::new();
    operator.says(&["db", "migrate"], 0, &[]);
    let create = "printf 'correct horse battery staple\\n' | \"$0\" user create --username ada";
    let made = Command::new("sh")
        .args(["-c", create, env!("CARGO_BIN_EXE_portcullis")])
        .current_dir(operator.folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(operator.database.iter().map(|database| ("PORTCULLIS_DATABASE__URL", database.url())))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    operator.says(&["user", "list"], 0, &["ada"]);
    operator.says(&["db", "reset"], 1, &["--yes"]);
    operator.says(&["user", "list"], 0, &["ada"]);
    operator.says(&["db", "reset", "--yes"], 0, &["0001 foundation", "done"]);
    let left = operator.run(&["user", "list", "--output", "json"]);
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "[]");
    operator.says(&["user", "list"], 0, &[]);
}

#[test]
fn two_nodes_that_start_at_once_make_one_schema() {
    let operator = Operator::new();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..3).map(|_| scope.spawn(|| operator.run(&["db", "migrate"]))).collect();
        for start in starts {
            let output = start.join().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    });
}
