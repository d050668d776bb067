//! A database server that a test starts, stops, suspends and kills.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Server, database_server, eventually};

/// There is one, so tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// The spare server of the engine that the tests use (see `.ci/databases`). Gone with the test.
pub struct OwnServer {
    pub server: Server,
    serve: PathBuf,
    child: Option<Child>,
    _turn: MutexGuard<'static, ()>,
}

impl OwnServer {
    /// It runs. `None`, and a word about it, when there is none.
    pub fn start() -> Option<Self> {
        let Some((engine, folder)) = spare() else {
            eprintln!("skipped: there is no server that a test may kill");
            return None;
        };
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let url: &'static str = fs::read_to_string(folder.join("url")).unwrap().trim().to_owned().leak();
        let server = match engine {
            Server::MariaDb(_) => Server::MariaDb(url),
            Server::Postgres(_) => Server::Postgres(url),
        };
        let mut own = Self { server, serve: folder.join("serve"), child: None, _turn: turn };
        own.run();
        Some(own)
    }

    /// Starts it and waits until it lets somebody in.
    pub fn run(&mut self) {
        let server = self.server;
        eventually("the database server starts", || {
            // What a killed one has left may keep the next from starting, for a moment.
            let ended = self.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            if ended {
                self.child = Some(spawn(&self.serve));
            }
            server.lets_in()
        });
    }

    /// Stops it as an administrator would.
    pub fn stop(&mut self) {
        let signal = match self.server {
            Server::MariaDb(_) => Signal::TERM,
            // Without waiting for clients.
            Server::Postgres(_) => Signal::INT,
        };
        self.signal(signal);
        self.child.take().unwrap().wait().unwrap();
    }

    /// Ends it and everything that it has started, in the middle of what they do.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let others = children(child.id());
        child.kill().ok();
        child.wait().unwrap();
        for other in others {
            kill_process(other, Signal::KILL).ok();
        }
    }

    /// It keeps its connections, accepts new ones (the kernel does that), and answers nothing.
    pub fn suspend(&self) {
        // The parent first, or it would start more.
        self.signal(Signal::STOP);
        for child in children(self.id()) {
            kill_process(child, Signal::STOP).ok();
        }
    }

    pub fn wake(&self) {
        for child in children(self.id()) {
            kill_process(child, Signal::CONT).ok();
        }
        self.signal(Signal::CONT);
    }

    /// Whether ordinary users may change anything there.
    pub fn be_read_only(&self, read_only: bool) {
        match self.server {
            Server::MariaDb(_) => self.server.run(&format!("SET GLOBAL read_only = {}", u8::from(read_only))),
            Server::Postgres(_) => {
                self.server.run(&format!("ALTER SYSTEM SET default_transaction_read_only = {read_only}"));
                self.server.run("SELECT pg_reload_conf()");
            }
        }
    }

    fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child.as_ref().unwrap()), signal).unwrap();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}

#[expect(clippy::disallowed_methods, reason = "the server to test with is no setting of the application")]
fn spare() -> Option<(Server, PathBuf)> {
    let server = database_server()?;
    let name = match server {
        Server::MariaDb(_) => "PORTCULLIS_TEST_MARIADB_SPARE",
        Server::Postgres(_) => "PORTCULLIS_TEST_POSTGRES_SPARE",
    };
    Some((server, std::env::var(name).ok()?.into()))
}

fn spawn(serve: &Path) -> Child {
    let log = fs::File::options().create(true).append(true).open(serve.with_file_name("log")).unwrap();
    Command::new(serve).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn children(parent: u32) -> Vec<Pid> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    children.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().unwrap())).collect()
}
