//! A mail as it travels: headers and two bodies, one plain and one of HTML (RFC 5322, RFC 2045).

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::Rendered;
use crate::base::{Id, Timestamp};

/// A mail, ready to be handed over.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The row it was made from.
    pub id: Id,
    /// When the row was made.
    pub at: Timestamp,
    /// From whom and to whom, for the server.
    pub envelope: Envelope,
    /// Headers and bodies.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Whether its addresses have only letters that every server takes.
    pub(super) fn is_ascii(&self) -> bool {
        let ascii = |address: &Address| address.to_string().is_ascii();
        self.envelope.from().is_none_or(ascii) && self.envelope.to().iter().all(ascii)
    }
}

/// No person wrote it, and no machine should answer (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

/// An address as it was typed, its domain in ASCII. What stands in it never becomes a header line of its own.
///
/// # Errors
/// A sentence, when it is none that mail can be sent to.
pub(super) fn address(typed: &str) -> Result<Address, String> {
    let unfit = || format!("{typed:?} is no address that mail can be sent to");
    if typed.chars().any(char::is_control) {
        return Err(unfit());
    }
    let (local, domain) = typed.rsplit_once('@').ok_or_else(unfit)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| unfit())?;
    Address::new(local, domain).map_err(|_| unfit())
}

/// Makes the letter of a row. The same row always gets the same Message-ID and date.
///
/// # Errors
/// A sentence, when the address is none that mail can be sent to.
pub(super) fn letter(
    id: Id,
    at: Timestamp,
    from: &Mailbox,
    recipient: &str,
    rendered: Rendered,
) -> Result<Letter, String> {
    let to = address(recipient)?;
    let millis = Duration::from_millis(u64::try_from(at.millis()).unwrap_or_default());
    let envelope =
        Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|error| error.to_string())?;
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(rendered.subject)
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .date(UNIX_EPOCH + millis)
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(rendered.text, rendered.html))
        .map_err(|error| error.to_string())?;
    Ok(Letter { id, at, envelope, bytes: message.formatted() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(from: &str, to: &str, subject: &str) -> Result<String, String> {
        let rendered =
            Rendered { subject: subject.into(), text: "Héllo".into(), html: "<p>Héllo</p>".into() };
        let from = from.parse().unwrap();
        let letter = letter(Id::from_bytes([7; 16]), Timestamp::from_millis(1_000), &from, to, rendered)?;
        Ok(String::from_utf8(letter.bytes).unwrap())
    }

    fn headers(message: &str) -> Vec<&str> {
        message.split("\r\n\r\n").next().unwrap().lines().collect()
    }

    #[test]
    fn the_same_row_makes_the_same_id_and_date() {
        let message = made("Ours <a@example.org>", "ada@example.com", "Hello").unwrap();
        for line in [
            "From: Ours <a@example.org>",
            "To: ada@example.com",
            "Subject: Hello",
            "Message-ID: <07070707-0707-0707-0707-070707070707@example.org>",
            "Date: Thu, 01 Jan 1970 00:00:01 +0000",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(headers(&message).contains(&line), "{line}: {message}");
        }
        assert!(message.is_ascii(), "every server takes it");
    }

    #[test]
    fn addresses_of_other_scripts_travel_in_ascii_as_far_as_they_can() {
        let message = made("a@bücher.example", "ada@Пример.example", "Hello").unwrap();
        assert!(headers(&message).contains(&"To: ada@xn--e1afmkfd.example"), "{message}");
        assert_eq!(address("jösé@example.com").unwrap().to_string(), "jösé@example.com");
    }

    #[test]
    fn nothing_typed_becomes_a_header() {
        let rude = "Hello\r\nBcc: everybody@example.com\r\n\r\nbody";
        let message = made("a@example.org", "ada@example.com", rude).unwrap();
        assert!(!headers(&message).iter().any(|line| line.starts_with("Bcc")), "{message}");
        for to in [
            "ada@example.com\r\nBcc: x@example.com",
            "ada@example.com>\r\nRCPT TO:<x@example.com",
            "ada@example.com, x@example.com",
            "ada @example.com",
            "ada",
            "",
        ] {
            assert!(made("a@example.org", to, "Hello").is_err(), "{to:?}");
        }
    }
}
