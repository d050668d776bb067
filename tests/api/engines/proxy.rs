//! A wire between the seam and a server that can be cut at the worst moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Never,
    /// It is lost, and both sides see the connection end.
    BeforeTheServer,
    /// The server carries it out; its answer is lost and both sides see the connection end.
    AfterTheServer,
    /// It is lost, and nobody is told.
    Silently,
}

pub struct Proxy {
    pub address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    server: String,
    cut: Cut,
    /// Connections opened so far, and how many of the first of them pass nothing on.
    opened: usize,
    mute: usize,
    /// How long every piece is under way, in each direction.
    delay: Duration,
    open: Vec<TcpStream>,
    sent: Vec<u8>,
}

impl Proxy {
    pub fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = server.to_owned();
        let state = State {
            server,
            cut: Cut::Never,
            opened: 0,
            mute: 0,
            delay: Duration::ZERO,
            open: Vec::new(),
            sent: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, state) = (client.unwrap(), Arc::clone(&shared));
                let server = state.lock().unwrap().server.clone();
                // Nobody at the other end: the client's connection ends at once.
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                thread::spawn(move || carry(&client, &upstream, &state));
            }
        });
        Self { address, state }
    }

    pub fn cut(&self, cut: Cut) {
        self.state.lock().unwrap().cut = cut;
    }

    /// From now on new connections go there.
    pub fn lead_to(&self, server: &str) {
        server.clone_into(&mut self.state.lock().unwrap().server);
    }

    /// Ends the connections that are open now.
    pub fn cut_open_connections(&self) {
        for connection in self.state.lock().unwrap().open.drain(..) {
            connection.shutdown(Shutdown::Both).ok();
        }
    }

    /// From now on nothing passes on the connections that are open now.
    pub fn mute_open_connections(&self) {
        let mut state = self.state.lock().unwrap();
        state.mute = state.opened;
    }

    /// From now on everything takes this long in each direction.
    pub fn delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// What the client sent since the last call.
    pub fn sent(&self) -> Vec<u8> {
        std::mem::take(&mut self.state.lock().unwrap().sent)
    }
}

fn carry(client: &TcpStream, server: &TcpStream, state: &Arc<Mutex<State>>) {
    let (mut from_server, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let deaf = Arc::new(Mutex::new(false));
    let (deaf_back, state_back) = (Arc::clone(&deaf), Arc::clone(state));
    thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = from_server.read(&mut buffer) {
            let delay = state_back.lock().unwrap().delay;
            thread::sleep(delay);
            if *deaf_back.lock().unwrap() || to_client.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        end(&from_server, &to_client);
    });
    let number = {
        let mut state = state.lock().unwrap();
        state.open.push(client.try_clone().unwrap());
        state.opened += 1;
        state.opened
    };
    let (mut from, mut to) = (client, server);
    let mut buffer = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..length];
        let commit = bytes.windows(6).any(|window| window == b"COMMIT");
        let (cut, delay) = {
            let mut state = state.lock().unwrap();
            if number <= state.mute {
                continue;
            }
            state.sent.extend_from_slice(bytes);
            let cut = if commit { std::mem::replace(&mut state.cut, Cut::Never) } else { Cut::Never };
            (cut, state.delay)
        };
        thread::sleep(delay);
        match cut {
            Cut::Never => {}
            Cut::BeforeTheServer => break,
            Cut::AfterTheServer => *deaf.lock().unwrap() = true,
            Cut::Silently => continue,
        }
        if to.write_all(bytes).is_err() {
            break;
        }
    }
    // After a commit the server was still to carry out, its answer ends the connection (see the other direction).
    if !*deaf.lock().unwrap() {
        end(from, to);
    }
}

fn end(one: &TcpStream, other: &TcpStream) {
    one.shutdown(Shutdown::Both).ok();
    other.shutdown(Shutdown::Both).ok();
}
