//! From settings to a way out. A wrong setting never stops the server: it is told, and mails wait.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::folder::Folder;
use super::smtp::Smtp;
use super::{Delivery, Refusal, Templates, Transport, Watch};
use crate::base::BoxFuture;
use crate::config::{Config, Mail, SmtpTls};

/// What the settings come to.
pub struct Setup {
    /// The way out.
    pub transport: Arc<dyn Transport>,
    /// The templates.
    pub templates: Templates,
    /// Who mails are from.
    pub sender: Mailbox,
    /// What links begin with; `None`: nobody knows under which address this server is reached.
    pub links: Option<String>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A setting that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name.
    pub setting: &'static str,
    /// A sentence for the operator.
    pub words: String,
}

impl Problem {
    pub(super) fn new(setting: &'static str, words: impl Into<String>) -> Self {
        Self { setting, words: words.into() }
    }
}

/// A way that leads nowhere until a setting is corrected.
struct Blocked(String);

impl Transport for Blocked {
    fn describe(&self) -> String {
        format!("none: {}", self.0)
    }

    fn connect(&self, _: Watch) -> BoxFuture<'_, Result<Box<dyn Delivery>, Refusal>> {
        Box::pin(async { Err(Refusal::way(self.0.clone())) })
    }
}

/// What links in mails begin with: the configured public address, else a listen address that is this machine's own.
/// Never what a request says.
pub fn link_base(config: &Config) -> Option<String> {
    let server = &config.server;
    if let Some(public) = &server.public_url {
        return Some(public.to_string());
    }
    let scheme = if server.tls_certificate.is_some() { "https" } else { "http" };
    server.listen.ip().is_loopback().then(|| format!("{scheme}://{}", server.listen))
}

impl Setup {
    /// Reads the settings. `transport` takes the place of the configured one.
    pub fn read(config: &Config, transport: Option<Arc<dyn Transport>>) -> Self {
        let settings = &config.mail;
        let links = link_base(config);
        let (templates, mut problems) = Templates::load(settings, links.as_deref());
        let domain = links.as_deref().and_then(domain_of);
        let sender = sender(settings, domain.as_deref(), &mut problems);
        if links.is_none() {
            problems.push(Problem::new(
                "server.public_url",
                "server.public_url is not set and server.listen is no loopback address, so mails can have no links: set \
                 server.public_url. Until then calls that need one are answered 503 mail.not_configured.",
            ));
        }
        let transport = transport.unwrap_or_else(|| match smtp(settings, domain.as_deref()) {
            Ok(Some(smtp)) => Arc::new(smtp),
            Ok(None) => {
                Arc::new(Folder(settings.folder.clone().unwrap_or_else(|| config.data.dir.join("mail"))))
            }
            Err(problem) => {
                let words = problem.words.clone();
                problems.push(problem);
                Arc::new(Blocked(words))
            }
        });
        Self { transport, templates, sender, links, problems }
    }
}

/// The host of an address, where it is a name.
fn domain_of(url: &str) -> Option<String> {
    match Url::parse(url).ok()?.host()? {
        Host::Domain(name) => Some(name.to_owned()),
        _ => None,
    }
}

fn sender(settings: &Mail, domain: Option<&str>, problems: &mut Vec<Problem>) -> Mailbox {
    if let Some(from) = &settings.from {
        match mailbox(from) {
            Ok(mailbox) => return mailbox,
            Err(why) => problems.push(Problem::new("mail.from", format!("mail.from is {from:?}: {why}."))),
        }
    }
    let domain = domain.unwrap_or("localhost");
    if settings.from.is_none() && settings.smtp_host.is_some() && domain == "localhost" {
        let words = "mail.from is not set, and few servers take mails from no-reply@localhost.";
        problems.push(Problem::new("mail.from", words));
    }
    let email = super::message::address(&format!("no-reply@{domain}"));
    let email = email.or_else(|_| super::message::address("no-reply@localhost"));
    let name: String = settings.product.chars().filter(|character| !character.is_control()).collect();
    Mailbox::new(Some(name), email.expect("localhost is a domain"))
}

/// `Name <address>` or an address alone; its domain in ASCII.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.chars().any(char::is_control) {
        return Err("it contains a control character".into());
    }
    let (name, address) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim().trim_matches('"')), address),
        None => (None, text.trim()),
    };
    let name = name.filter(|name| !name.is_empty()).map(ToOwned::to_owned);
    super::message::address(address).map(|email| Mailbox::new(name, email))
}

fn smtp(settings: &Mail, domain: Option<&str>) -> Result<Option<Smtp>, Problem> {
    let Some(host) = settings.smtp_host.clone() else { return Ok(None) };
    let tls = settings.smtp_tls;
    if tls == SmtpTls::None && !is_loopback(&host) {
        let words = format!(
            "mail.smtp_tls is none and mail.smtp_host is {host}: only this machine's own SMTP server may be talked to \
             without encryption. Set mail.smtp_tls to starttls or implicit."
        );
        return Err(Problem::new("mail.smtp_tls", words));
    }
    let parameters = if tls == SmtpTls::None { None } else { Some(parameters(settings, &host)?) };
    let port = match (settings.smtp_port, tls) {
        (0, SmtpTls::Starttls) => 587,
        (0, SmtpTls::Implicit) => 465,
        (0, SmtpTls::None) => 25,
        (port, _) => u16::try_from(port)
            .map_err(|_| Problem::new("mail.smtp_port", "mail.smtp_port is larger than 65535."))?,
    };
    Ok(Some(Smtp {
        host,
        port,
        tls,
        parameters,
        credentials: credentials(settings)?,
        hello: domain.map_or_else(ClientId::default, |domain| ClientId::Domain(domain.to_owned())),
        patience: settings.timeout,
    }))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parameters(settings: &Mail, host: &str) -> Result<TlsParameters, Problem> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = &settings.smtp_ca {
        let unusable = |why: &dyn std::fmt::Display| {
            let words = format!("The file {} (mail.smtp_ca) cannot be used: {why}.", path.display());
            Problem::new("mail.smtp_ca", words)
        };
        let pem = std::fs::read(path).map_err(|error| unusable(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(&error))?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    let unfit = |error| Problem::new("mail.smtp_host", format!("mail.smtp_host is {host}: {error}."));
    builder.build_rustls().map_err(unfit)
}

fn credentials(settings: &Mail) -> Result<Option<Credentials>, Problem> {
    let password = match (&settings.smtp_password, &settings.smtp_password_file) {
        (Some(_), Some(_)) => {
            let words = "mail.smtp_password and mail.smtp_password_file are both set. Keep one.";
            return Err(Problem::new("mail.smtp_password_file", words));
        }
        (Some(password), None) => Some(password.clone()),
        (None, Some(path)) => Some(password_in(path)?),
        (None, None) => None,
    };
    match (&settings.smtp_username, password) {
        (Some(user), Some(password)) => {
            Ok(Some(Credentials::new(user.clone(), password.expose_secret().to_owned())))
        }
        (None, None) => Ok(None),
        _ => Err(Problem::new(
            "mail.smtp_username",
            "mail.smtp_username and mail.smtp_password (or mail.smtp_password_file) belong together; one is not set.",
        )),
    }
}

fn password_in(path: &Path) -> Result<SecretString, Problem> {
    let unusable = |why: &dyn std::fmt::Display| {
        let words = format!("The file {} (mail.smtp_password_file) cannot be used: {why}.", path.display());
        Problem::new("mail.smtp_password_file", words)
    };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
    let password = text.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(unusable(&"it is empty"));
    }
    Ok(SecretString::from(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(change: impl FnOnce(&mut Config)) -> Setup {
        let mut config = Config::default();
        change(&mut config);
        Setup::read(&config, None)
    }

    #[test]
    fn without_a_server_mails_become_files() {
        let setup = read(|_| {});
        assert_eq!(setup.problems, []);
        assert_eq!(setup.transport.describe(), ".eml files in portcullis-data/mail");
        assert_eq!(setup.sender.to_string(), "Portcullis <no-reply@localhost>");
        assert_eq!(setup.links.as_deref(), Some("http://127.0.0.1:5000"));
    }

    #[test]
    fn each_wrong_setting_is_named_and_none_stops_the_rest() {
        type Change = fn(&mut Config);
        let table: [(&str, Change); 7] = [
            ("mail.smtp_tls", |config| {
                config.mail.smtp_host = Some("mail.example.org".into());
                config.mail.smtp_tls = SmtpTls::None;
            }),
            ("mail.smtp_ca", |config| {
                config.mail.smtp_host = Some("mail.example.org".into());
                config.mail.smtp_ca = Some("/does/not/exist".into());
            }),
            ("mail.smtp_password_file", |config| {
                config.mail.smtp_host = Some("mail.example.org".into());
                config.mail.smtp_username = Some("ada".into());
                config.mail.smtp_password_file = Some("/does/not/exist".into());
            }),
            ("mail.smtp_username", |config| {
                config.mail.smtp_host = Some("mail.example.org".into());
                config.mail.smtp_password = Some("secret".into());
            }),
            ("mail.from", |config| config.mail.from = Some("Ada <ada@exa mple>".into())),
            ("mail.templates", |config| config.mail.templates = Some("/does/not/exist".into())),
            ("server.public_url", |config| config.server.listen = "0.0.0.0:80".parse().unwrap()),
        ];
        for (setting, change) in table {
            let setup = read(|config| {
                config.mail.from = Some("Ours <ours@example.org>".into());
                change(config);
            });
            assert_eq!(setup.problems.len(), 1, "{setting}: {:?}", setup.problems);
            let Problem { setting: named, words } = &setup.problems[0];
            assert_eq!(*named, setting);
            assert!(words.contains(setting) && !words.contains("secret"), "{words}");
        }
    }

    #[test]
    fn senders_are_read_with_and_without_a_name() {
        for (text, mailbox) in [
            ("ada@example.org", "ada@example.org"),
            ("Ada Lovelace <ada@example.org>", "Ada Lovelace <ada@example.org>"),
            ("\"Lovelace, Ada\" <ada@bücher.example>", "\"Lovelace, Ada\" <ada@xn--bcher-kva.example>"),
        ] {
            assert_eq!(super::mailbox(text).unwrap().to_string(), mailbox);
        }
        for text in ["", "ada", "Ada <>", "Ada <a@b.example>\r\nBcc: x@example.org", "<a@b.example"] {
            assert!(super::mailbox(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn only_this_machine_may_be_talked_to_in_the_clear() {
        for (host, near) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("::1", true),
            ("192.0.2.1", false),
            ("localhost.example.org", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(is_loopback(host), near, "{host}");
        }
    }
}
