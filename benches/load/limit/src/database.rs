//! Rows by the shortest way: a reading connection in each thread, one writer thread with a transaction per batch.

use std::cell::RefCell;
use std::sync::OnceLock;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

/// How many inserts are committed together at most.
const BATCH: usize = 64;

const SCHEMA: &str = "
    PRAGMA journal_mode=WAL;
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY, username TEXT, email TEXT UNIQUE, created_at TEXT DEFAULT CURRENT_TIMESTAMP
    );
    CREATE TABLE IF NOT EXISTS tasks (
        id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT, description TEXT,
        completed INTEGER NOT NULL DEFAULT 0, created_at TEXT DEFAULT CURRENT_TIMESTAMP
    );
    CREATE INDEX IF NOT EXISTS tasks_user ON tasks (user_id, id);";

static PATH: OnceLock<String> = OnceLock::new();
static WRITER: OnceLock<mpsc::Sender<Insert>> = OnceLock::new();

thread_local!(static READER: RefCell<Option<Connection>> = const { RefCell::new(None) });

#[derive(Serialize)]
pub struct Task {
    id: i64,
    title: String,
    description: String,
    completed: bool,
    created_at: String,
    user_id: i64,
}

#[derive(Serialize)]
pub struct Page {
    tasks: Vec<Task>,
    total: i64,
    page: i64,
    per_page: i64,
}

#[derive(Deserialize)]
pub struct NewTask {
    title: String,
    #[serde(default)]
    description: String,
}

struct Insert {
    account: i64,
    new: NewTask,
    reply: oneshot::Sender<Task>,
}

impl Page {
    /// A page of the size that `list` answers from the seeded rows.
    pub fn example() -> Self {
        let task = |id| Task {
            id,
            title: format!("Task {id} of user 42"),
            description: "A seeded task for the benchmark".into(),
            completed: false,
            created_at: "2026-01-01 00:00:00".into(),
            user_id: 42,
        };
        Self { tasks: (1..=10).map(task).collect(), total: 100, page: 1, per_page: 10 }
    }
}

/// Makes the tables and starts the writer.
pub fn open(path: String, synchronous: &str) {
    let connection = Connection::open(&path).expect("the database can be opened");
    connection.execute_batch(SCHEMA).expect("the tables can be made");
    connection.pragma_update(None, "synchronous", synchronous).expect("synchronous is FULL or NORMAL");
    PATH.set(path).expect("one database is opened");
    let (sender, jobs) = mpsc::channel(1024);
    WRITER.set(sender).expect("one writer is started");
    std::thread::spawn(move || write(&connection, jobs));
}

fn read<T>(job: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> T {
    READER.with_borrow_mut(|reader| {
        let connection = reader.get_or_insert_with(|| {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let path = PATH.get().expect("rows are read only with a database");
            let connection = Connection::open_with_flags(path, flags).expect("the database can be read");
            connection.execute_batch("PRAGMA mmap_size=268435456").expect("the file can be mapped");
            connection
        });
        job(connection).expect("the statement is right")
    })
}

pub fn profile(account: i64) -> String {
    read(|connection| {
        connection.prepare_cached("SELECT username, email, created_at FROM users WHERE id = ?1")?.query_row(
            [account],
            |row| {
                let (username, email, created_at): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(json!({
                    "id": account, "username": username, "email": email, "role": "user", "created_at": created_at,
                })
                .to_string())
            },
        )
    })
}

pub fn list(account: i64) -> Page {
    read(|connection| {
        let total = connection
            .prepare_cached("SELECT count(*) FROM tasks WHERE user_id = ?1")?
            .query_row([account], |row| row.get(0))?;
        let mut statement = connection.prepare_cached(
            "SELECT id, title, description, completed, created_at FROM tasks WHERE user_id = ?1 ORDER BY id LIMIT 10",
        )?;
        let tasks =
            statement.query_map([account], |row| task(row, account))?.collect::<rusqlite::Result<_>>()?;
        Ok(Page { tasks, total, page: 1, per_page: 10 })
    })
}

pub fn find(account: i64, id: i64) -> Option<Task> {
    read(|connection| {
        connection
            .prepare_cached(
                "SELECT id, title, description, completed, created_at FROM tasks WHERE id = ?1 AND user_id = ?2",
            )?
            .query_row([id, account], |row| task(row, account))
            .optional()
    })
}

fn task(row: &Row<'_>, account: i64) -> rusqlite::Result<Task> {
    Ok(Task {
        id: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        completed: row.get(3)?,
        created_at: row.get(4)?,
        user_id: account,
    })
}

/// Resolves when the task has been committed.
pub async fn insert(account: i64, new: NewTask) -> Task {
    let (reply, answer) = oneshot::channel();
    let writer = WRITER.get().expect("rows are written only with a database");
    writer.send(Insert { account, new, reply }).await.ok().expect("the writer lives as long as the process");
    answer.await.expect("the writer answers every insert")
}

fn write(connection: &Connection, mut jobs: mpsc::Receiver<Insert>) {
    let mut batch = Vec::new();
    while jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
        let committed = commit(connection, batch.drain(..)).expect("the inserts can be committed");
        for (reply, task) in committed {
            reply.send(task).ok();
        }
    }
}

fn commit(
    connection: &Connection,
    batch: impl Iterator<Item = Insert>,
) -> rusqlite::Result<Vec<(oneshot::Sender<Task>, Task)>> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO tasks (user_id, title, description, completed) VALUES (?1, ?2, ?3, 0) RETURNING id, created_at",
    )?;
    let mut answers = Vec::new();
    for Insert { account, new: NewTask { title, description }, reply } in batch {
        let (id, created_at) =
            statement.query_row((account, &title, &description), |row| Ok((row.get(0)?, row.get(1)?)))?;
        answers
            .push((reply, Task { id, title, description, completed: false, created_at, user_id: account }));
    }
    drop(statement);
    connection.execute_batch("COMMIT")?;
    Ok(answers)
}
