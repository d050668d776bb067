//! The built program in a folder of its own, and how it begins and ends.

use std::fs::{self, File};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

use super::caller::Caller;
use crate::support::{PASSWORD, PATIENCE, TestDatabase, database_server, eventually};

/// Hashing as cheap as the settings allow, and no limits: all callers have one address.
const SETTINGS: [&str; 4] =
    ["password.hash_memory=8MiB", "password.hash_iterations=1", "limits.enabled=false", "log.format=json"];

/// A port that is free.
const LISTEN: &str = "server.listen=127.0.0.1:0";

/// An operator's working folder; gone with the test.
pub struct Home {
    folder: TempDir,
    /// `None`: a file in the data folder.
    server: Option<TestDatabase>,
}

impl Home {
    /// With a database on the server that the tests use, if they use one.
    pub fn new() -> Self {
        Self { server: database_server().map(TestDatabase::new), ..Self::with_file() }
    }

    /// With a database in a file, whichever engine the tests use.
    pub fn with_file() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), server: None }
    }

    /// Whether the database is a file in the data folder.
    pub fn with_own_file(&self) -> bool {
        self.server.is_none()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder that [`Self::start`] and [`Self::run`] name; made by the program.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("portcullis.db")
    }

    /// Changes the database beside the program.
    pub fn execute(&self, sql: &str) {
        match &self.server {
            Some(database) => database.run(sql),
            None => rusqlite::Connection::open(self.database()).unwrap().execute_batch(sql).unwrap(),
        }
    }

    /// The database is whole, by SQLite's own word. Servers look after theirs themselves.
    #[track_caller]
    pub fn assert_sound(&self) {
        if self.server.is_some() {
            return;
        }
        let database = rusqlite::Connection::open(self.database()).unwrap();
        let word: String = database.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(word, "ok");
        let broken = "SELECT count(*) FROM pragma_foreign_key_check";
        let broken: i64 = database.query_row(broken, (), |row| row.get(0)).unwrap();
        assert_eq!(broken, 0);
    }

    /// The program in this folder, with an environment that names the database and nothing else.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
        command.env_clear().current_dir(self.path()).args(arguments);
        if let Some(database) = &self.server {
            command.env("PORTCULLIS_DATABASE__URL", database.url());
            command.env("PORTCULLIS_DATABASE__DEADLINE", format!("{}s", PATIENCE.as_secs()));
        }
        command
    }

    /// A command on the data folder, run to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.run_with(arguments, "")
    }

    /// The same, with something to read from standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Finished {
        let mut command = self.command(arguments);
        command.arg("--data-dir").arg(self.data()).args(set(&SETTINGS));
        Finished::of(command, input)
    }

    /// A server on the data folder that must refuse to start.
    pub fn refused(&self, settings: &[&str]) -> Finished {
        let mut command = self.command(&["serve", "--data-dir"]);
        command.arg(self.data()).args(set(&SETTINGS)).args(set(&[LISTEN])).args(set(settings));
        Finished::of(command, "")
    }

    /// A server on the data folder.
    pub fn start(&self, settings: &[&str]) -> Server {
        Server::start(self, &self.data(), settings)
    }

    /// A server on the data folder, with further flags.
    pub fn start_with(&self, flags: &[&str], settings: &[&str]) -> Server {
        Server::start_with(self, &self.data(), flags, settings)
    }
}

fn set(settings: &[&str]) -> Vec<String> {
    settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]).collect()
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Guard(command.spawn().unwrap());
        // Whoever wants no input may have gone already.
        child.0.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        let (stdout, stderr) = (child.0.stdout.take().unwrap(), child.0.stderr.take().unwrap());
        let read = |pipe| std::thread::spawn(move || std::io::read_to_string(pipe).unwrap());
        let stdout = read(Box::new(stdout) as Box<dyn std::io::Read + Send>);
        let stderr = read(Box::new(stderr));
        let status = child.wait();
        let code = status.code().unwrap_or(-1);
        Self { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// Itself, when the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// When it failed with this exit code and a sentence that holds all of these.
    #[track_caller]
    pub fn fails(self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing: {self:#?}");
        }
    }
}

/// A child that does not outlive the test.
struct Guard(Child);

impl Guard {
    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let mut ended = None;
        eventually("the program ends", || {
            ended = self.0.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server that runs.
pub struct Server {
    child: Guard,
    pub address: SocketAddr,
    pub scheme: String,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Server {
    /// Starts one on any data folder; what it says is kept in `home`.
    pub fn start(home: &Home, data: &Path, settings: &[&str]) -> Self {
        Self::start_with(home, data, &[], settings)
    }

    fn start_with(home: &Home, data: &Path, flags: &[&str], settings: &[&str]) -> Self {
        let (stdout, stderr) = (home.path().join("stdout"), home.path().join("stderr"));
        let mut command = home.command(&["serve", "--data-dir"]);
        command.arg(data).args(flags).args(set(&SETTINGS)).args(set(&[LISTEN])).args(set(settings));
        command.stdin(Stdio::null());
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let mut child = Guard(command.spawn().unwrap());
        let mut printed = None;
        eventually("the server starts", || {
            if let Some(status) = child.0.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", fs::read_to_string(&stderr).unwrap());
            }
            printed = address(&fs::read_to_string(&stdout).unwrap());
            printed.is_some()
        });
        let (scheme, address) = printed.unwrap();
        Self { child, address, scheme, stdout, stderr }
    }

    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap()
    }

    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// As the kernel would end it when memory runs out: no handler of ours runs.
    pub fn kill(self) {
        drop(self);
    }

    /// Sends a signal and goes on.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child.0), signal).unwrap();
    }

    /// Waits for its end and gives the exit code and everything it logged.
    #[track_caller]
    pub fn wait(mut self) -> (Option<i32>, String) {
        let status = self.child.wait();
        (status.code(), self.stderr())
    }

    /// Tells it to stop and waits until it has.
    #[track_caller]
    pub fn stop(self) {
        self.signal(Signal::TERM);
        let (code, log) = self.wait();
        assert_eq!(code, Some(0), "{log}");
    }

    /// A connection that sends bytes as they are.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// A caller without a token.
    pub fn anonymous(&self) -> Caller {
        Caller::new(format!("{}://{}", self.scheme, self.address))
    }

    /// A caller who has registered as NAME with the password of all test accounts, and signed in.
    pub fn user(&self, name: &str) -> Caller {
        let body = json!({ "username": name, "password": PASSWORD });
        self.anonymous().post("/api/v1/auth/register", &body).expect(201);
        self.sign_in(name)
    }

    /// A further session of an account.
    pub fn sign_in(&self, name: &str) -> Caller {
        let body = json!({ "login": name, "password": PASSWORD });
        let answer = self.anonymous().post("/api/v1/auth/login", &body).expect(200);
        self.anonymous().with_tokens(&answer)
    }
}

/// Scheme and address from the line that the server prints.
fn address(stdout: &str) -> Option<(String, SocketAddr)> {
    // The last printed line, so that the others are there as well.
    stdout.contains("first admin").then_some(())?;
    let line = stdout.lines().find_map(|line| line.trim().strip_prefix("address"))?;
    let (scheme, address) = line.trim().split_once("://")?;
    Some((scheme.to_owned(), address.parse().ok()?))
}
