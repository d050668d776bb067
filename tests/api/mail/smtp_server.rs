//! An SMTP server as small as one can be that a real client talks to: STARTTLS, implicit TLS, AUTH PLAIN, and answers
//! that a test dictates.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How the server meets its clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    Plain,
    StartTls,
    Implicit,
}

pub struct SmtpServer {
    pub port: u16,
    shared: Arc<Shared>,
    folder: TempDir,
}

struct Shared {
    greeting: Greeting,
    /// User and password, when it wants to know.
    login: Option<(&'static str, &'static str)>,
    utf8: bool,
    acceptor: TlsAcceptor,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is answered to a command that begins like this.
    dictated: HashMap<String, String>,
    commands: Vec<String>,
    messages: Vec<String>,
    connections: usize,
}

impl SmtpServer {
    pub async fn start(greeting: Greeting, login: Option<(&'static str, &'static str)>, utf8: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(folder.path().join("cert.pem"), cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let shared = Arc::new(Shared { greeting, login, utf8, acceptor, state: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.state.lock().unwrap().connections += 1;
                let shared = Arc::clone(&serving);
                // A client that hangs up ends its conversation and nothing else.
                tokio::spawn(async move {
                    if shared.greeting == Greeting::Implicit {
                        let stream = shared.acceptor.accept(stream).await?;
                        return converse(stream, &shared, true).await.map(drop);
                    }
                    if let Some(stream) = converse(stream, &shared, false).await? {
                        let stream = shared.acceptor.accept(stream).await?;
                        converse(stream, &shared, true).await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        });
        Self { port, shared, folder }
    }

    /// The certificate that it shows.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Answers commands that begin like this in another way.
    pub fn dictate(&self, command: &str, answer: &str) {
        self.shared.state.lock().unwrap().dictated.insert(command.into(), answer.into());
    }

    /// Commands without their arguments where those are secret, in order.
    pub fn commands(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().commands.clone()
    }

    pub fn messages(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().messages.clone()
    }

    pub fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }
}

/// Talks to one client; gives the stream back when it is to be encrypted.
async fn converse<S>(stream: S, shared: &Shared, encrypted: bool) -> std::io::Result<Option<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    // Behind STARTTLS nobody is greeted again.
    if !encrypted || shared.greeting == Greeting::Implicit {
        stream.write_all(b"220 test.example ESMTP\r\n").await?;
    }
    let mut signed_in = shared.login.is_none();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        let shown = if line.starts_with("AUTH") { "AUTH PLAIN" } else { line };
        shared.state.lock().unwrap().commands.push(shown.to_owned());
        let dictated = {
            let state = shared.state.lock().unwrap();
            state
                .dictated
                .iter()
                .find(|(command, _)| line.starts_with(*command))
                .map(|(_, answer)| answer.clone())
        };
        let word = line.split([' ', ':']).next().unwrap_or_default();
        let answer = match (dictated, word) {
            (Some(answer), _) if answer == "hang up" => return Ok(None),
            (Some(answer), _) => answer,
            (_, "EHLO") => abilities(shared, encrypted),
            (_, "STARTTLS") if !encrypted && shared.greeting == Greeting::StartTls => {
                stream.write_all(b"220 go ahead\r\n").await?;
                return Ok(Some(stream.into_inner()));
            }
            (_, "AUTH") => {
                signed_in = shared.login.is_some_and(|(user, password)| {
                    line.ends_with(&BASE64_STANDARD.encode(format!("\0{user}\0{password}")))
                });
                if signed_in { "235 welcome".into() } else { "535 5.7.8 wrong user or password".into() }
            }
            (_, "MAIL" | "RCPT" | "DATA") if !signed_in => "530 sign in first".into(),
            (_, "DATA") => {
                stream.write_all(b"354 go on\r\n").await?;
                let message = read_message(&mut stream).await?;
                let mut state = shared.state.lock().unwrap();
                let answer = state.dictated.get(".").cloned();
                if answer.is_none() {
                    state.messages.push(message);
                }
                answer.unwrap_or_else(|| "250 2.0.0 kept as 4711".into())
            }
            (_, "QUIT") => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(None);
            }
            (_, "MAIL" | "RCPT" | "RSET" | "NOOP") => "250 fine".into(),
            _ => "500 what?".into(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

fn abilities(shared: &Shared, encrypted: bool) -> String {
    let mut lines = vec!["test.example", "8BITMIME"];
    if shared.greeting == Greeting::StartTls && !encrypted {
        lines.push("STARTTLS");
    }
    if shared.login.is_some() {
        lines.push("AUTH PLAIN");
    }
    if shared.utf8 {
        lines.push("SMTPUTF8");
    }
    let last = lines.len() - 1;
    let line = |(at, word)| format!("250{}{word}", if at == last { ' ' } else { '-' });
    lines.into_iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
}

async fn read_message<S: AsyncBufReadExt + Unpin>(stream: &mut S) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
