//! Where the mails of a test arrive.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use portcullis::base::BoxFuture;
use portcullis::mail::{Delivery, Letter, Refusal, Transport, Watch};

/// Keeps every mail, or refuses them all.
#[derive(Clone, Default)]
pub struct Postbox(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    arrived: Vec<Arrived>,
    refusal: Option<Refusal>,
}

/// A mail that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The address in the envelope.
    pub to: String,
    /// Headers and bodies as they travel.
    pub message: String,
}

impl Postbox {
    /// What has arrived since the last look.
    pub fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.0.lock().unwrap().arrived)
    }

    /// Refuses mails like this, or takes them again.
    pub fn refuse(&self, refusal: Option<Refusal>) {
        self.0.lock().unwrap().refusal = refusal;
    }
}

impl Transport for Postbox {
    fn describe(&self) -> String {
        "a test".into()
    }

    fn connect(&self, _: Watch) -> BoxFuture<'_, Result<Box<dyn Delivery>, Refusal>> {
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Delivery>) })
    }
}

impl Delivery for Postbox {
    fn deliver<'a>(&'a mut self, letter: &'a Letter) -> BoxFuture<'a, Result<String, Refusal>> {
        Box::pin(async {
            let mut state = self.0.lock().unwrap();
            if let Some(refusal) = &state.refusal {
                return Err(refusal.clone());
            }
            let message = String::from_utf8(letter.bytes.clone()).unwrap();
            let to = letter.envelope.to().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            state.arrived.push(Arrived { to, message });
            Ok("250 kept".into())
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

impl Arrived {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.message.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    }

    pub fn subject(&self) -> String {
        self.header("Subject")
    }

    /// The plain body.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The body with marks.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    fn part(&self, media_type: &str) -> String {
        let begin = format!("Content-Type: {media_type}");
        let (_, rest) =
            self.message.split_once(&begin).unwrap_or_else(|| panic!("no {media_type}: {self:#?}"));
        let (head, rest) = rest.split_once("\r\n\r\n").unwrap();
        let body = rest.split("\r\n--").next().unwrap();
        if head.contains("base64") {
            let plain: String = body.split_whitespace().collect();
            return String::from_utf8(BASE64_STANDARD.decode(plain).unwrap()).unwrap();
        }
        if head.contains("quoted-printable") { unquoted(body) } else { body.replace("\r\n", "\n") }
    }

    /// The token in its link.
    #[track_caller]
    pub fn token(&self) -> String {
        let text = self.text();
        let (_, rest) = text.split_once("?token=").unwrap_or_else(|| panic!("no link: {text}"));
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// The code to type.
    #[track_caller]
    pub fn code(&self) -> String {
        let text = self.text();
        let is_code = |line: &&str| line.len() == 9 && line.chars().nth(4) == Some('-');
        text.lines().map(str::trim).find(is_code).unwrap_or_else(|| panic!("no code: {text}")).to_owned()
    }
}

/// Quoted-printable, read back (RFC 2045, section 6.7).
fn unquoted(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}
