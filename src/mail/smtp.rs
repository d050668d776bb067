//! The way out through an SMTP server (RFC 5321), with lettre's connection and our own order of commands, so that what is
//! said can be watched.

use std::error::Error as _;
use std::fmt::Display;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::{Delivery, Fault, Letter, Refusal, Transport, Watch};
use crate::base::BoxFuture;
use crate::config::SmtpTls;

/// An SMTP server, and how to talk to it.
pub(super) struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// `None` where nothing is encrypted.
    pub parameters: Option<TlsParameters>,
    pub credentials: Option<Credentials>,
    /// What we call ourselves.
    pub hello: ClientId,
    /// How long connecting, and how long one mail may take.
    pub patience: Duration,
}

impl Transport for Smtp {
    fn describe(&self) -> String {
        format!("SMTP server {}:{} ({})", self.host, self.port, self.tls.as_str())
    }

    fn connect(&self, watch: Watch) -> BoxFuture<'_, Result<Box<dyn Delivery>, Refusal>> {
        Box::pin(async move {
            let opening = timeout(self.patience, self.open(watch));
            let line = opening.await.map_err(|_| Refusal::way(self.too_slow()))??;
            Ok(Box::new(line) as Box<dyn Delivery>)
        })
    }
}

impl Smtp {
    fn too_slow(&self) -> String {
        format!("{}:{} did not answer within {:?}", self.host, self.port, self.patience)
    }

    async fn open(&self, watch: Watch) -> Result<Line, Refusal> {
        let way = |error: Error| Refusal::way(words(&error));
        let implicit = self.parameters.clone().filter(|_| self.tls == SmtpTls::Implicit);
        watch(&format!("connecting to {}:{}, {}", self.host, self.port, self.tls.as_str()));
        let server = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.patience), &self.hello, implicit, None);
        let connection = connecting.await.map_err(way)?;
        let mut line = Line { connection, watch, patience: self.patience, too_slow: self.too_slow() };
        line.tell(&format!("C: EHLO {}", self.hello));
        line.tell_abilities();
        if let (SmtpTls::Starttls, Some(parameters)) = (self.tls, &self.parameters) {
            line.tell("C: STARTTLS");
            line.connection.starttls(parameters.clone(), &self.hello).await.map_err(way)?;
            line.tell(&format!("(encrypted from here on)\nC: EHLO {}", self.hello));
            line.tell_abilities();
        }
        if let Some(credentials) = &self.credentials {
            line.tell("C: AUTH (user name and password are not shown)");
            let answer = line.connection.auth(DEFAULT_MECHANISMS, credentials).await;
            line.hear(answer).map_err(way)?;
        }
        Ok(line)
    }
}

/// A connection that has said hello.
struct Line {
    connection: AsyncSmtpConnection,
    watch: Watch,
    patience: Duration,
    too_slow: String,
}

impl Line {
    fn tell(&self, words: &str) {
        words.lines().for_each(|line| (self.watch)(line));
    }

    fn tell_abilities(&self) {
        self.tell(&format!("S: 250 {}", self.connection.server_info()));
    }

    fn hear(&self, answer: Result<Response, Error>) -> Result<Response, Error> {
        match &answer {
            Ok(response) => self.tell(&format!("S: {}", said(response))),
            Err(error) => self.tell(&format!("S: {}", words(error))),
        }
        answer
    }

    async fn say(&mut self, command: impl Display) -> Result<Response, Error> {
        self.tell(&format!("C: {}", command.to_string().trim_end()));
        let answer = self.connection.command(command).await;
        self.hear(answer)
    }

    async fn send(&mut self, letter: &Letter) -> Result<String, Refusal> {
        let mut options = Vec::new();
        if !letter.is_ascii() {
            if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let words = "the server takes no addresses with letters beyond ASCII before the @ (SMTPUTF8)";
                return Err(Refusal { fault: Fault::Never, words: words.into() });
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        let from = letter.envelope.from().cloned();
        // A sender that is refused is refused in every mail.
        self.say(Mail::new(from, options)).await.map_err(|error| Refusal::way(words(&error)))?;
        for to in letter.envelope.to() {
            if let Err(error) = self.say(Rcpt::new(to.clone(), Vec::new())).await {
                return Err(self.refused(&error).await);
            }
        }
        if let Err(error) = self.say(Data).await {
            return Err(self.refused(&error).await);
        }
        self.tell(&format!("C: ({} bytes of mail, and a full stop)", letter.bytes.len()));
        let answer = self.connection.message(&letter.bytes).await;
        match self.hear(answer) {
            Ok(response) => Ok(said(&response)),
            Err(error) => Err(self.refused(&error).await),
        }
    }

    /// What a refusal means, and a clean start for the next mail.
    async fn refused(&mut self, error: &Error) -> Refusal {
        let words = words(error);
        let fault = if error.is_permanent() {
            Fault::Never
        } else if error.is_transient() {
            Fault::Later
        } else {
            return Refusal::way(words);
        };
        // 421 announces the end of the connection (RFC 5321, section 3.8).
        let ends = error.status().is_some_and(|code| u16::from(code) == 421);
        if ends || self.say(Rset).await.is_err() {
            return Refusal { fault: if fault == Fault::Never { fault } else { Fault::Way }, words };
        }
        Refusal { fault, words }
    }
}

impl Delivery for Line {
    fn deliver<'a>(&'a mut self, letter: &'a Letter) -> BoxFuture<'a, Result<String, Refusal>> {
        Box::pin(async move {
            let (patience, too_slow) = (self.patience, self.too_slow.clone());
            timeout(patience, self.send(letter)).await.map_err(|_| Refusal::way(too_slow))?
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.tell("C: QUIT");
            timeout(self.patience, self.connection.abort()).await.ok();
        })
    }
}

/// Code and words of the server, or what came instead of them.
fn words(error: &Error) -> String {
    let said = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    error.status().map_or_else(|| said.clone(), |code| format!("{code} {said}"))
}

fn said(response: &Response) -> String {
    let lines: Vec<_> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}
