//! Where the database is, as `database.url` and the settings beside it say.

use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::config::{self, DatabaseTls};

/// Where a database is.
#[derive(Debug)]
pub(super) enum Location {
    /// In a file of SQLite.
    File(PathBuf),
    /// On a MariaDB server.
    MariaDb(Server),
    /// On a PostgreSQL server.
    Postgres(Server),
}

/// A database on a server, and how to be let in.
#[derive(Debug)]
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<SecretString>,
    pub database: String,
    pub tls: Tls,
}

/// Whether the connection is encrypted, and who is believed to be at its other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// It is not.
    Disabled,
    /// It is; anybody may be there.
    Unverified,
    /// It is, and the server proves its name by a certificate of one of the authorities in this file, or of those that
    /// browsers know.
    Verified { authority: Option<PathBuf> },
}

/// Where a database is, and how safe the way there is, as anybody may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file of SQLite.
    File(PathBuf),
    /// On a server.
    Server {
        /// Its name or address.
        host: String,
        /// How many characters the password has; `None` without one.
        password_length: Option<usize>,
        /// Whether the connection is encrypted.
        encrypted: bool,
        /// Whether the server must prove its name.
        verified: bool,
    },
}

const KNOWN: &str = "sqlite:, mysql:// or mariadb://, postgres:// or postgresql://";

impl Location {
    /// Reads the settings; `folder` is where `sqlite:` alone has its file.
    ///
    /// # Errors
    /// A sentence that names the setting to mend and never shows the password.
    pub(super) fn read(settings: &config::Database, folder: &Path) -> Result<Self, String> {
        let url = settings.url.expose_secret();
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::File(if path.is_empty() { folder.join("portcullis.db") } else { path.into() }));
        }
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let (location, port): (fn(Server) -> Self, _) = match scheme {
            "mysql" | "mariadb" => (Self::MariaDb, 3306),
            "postgres" | "postgresql" => (Self::Postgres, 5432),
            _ => return Err(format!("database.url must begin with {KNOWN}.")),
        };
        let url = Url::parse(url).map_err(|error| {
            format!(
                "database.url cannot be read: {error}. Write SCHEME://USER:PASSWORD@HOST:PORT/DATABASE; special \
                 characters in a password are percent-encoded, or the password stands in a file \
                 (database.password_file)."
            )
        })?;
        Server::read(&url, port, settings).map(location)
    }

    pub(super) fn into_place(self) -> Place {
        match self {
            Self::File(path) => Place::File(path),
            Self::MariaDb(server) | Self::Postgres(server) => Place::Server {
                host: server.host,
                password_length: server.password.map(|password| password.expose_secret().chars().count()),
                encrypted: server.tls != Tls::Disabled,
                verified: matches!(server.tls, Tls::Verified { .. }),
            },
        }
    }
}

impl Server {
    fn read(url: &Url, default_port: u16, settings: &config::Database) -> Result<Self, String> {
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => decoded(name, "host")?,
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err("database.url names no host.".into()),
        };
        let user = decoded(url.username(), "user")?;
        if user.is_empty() {
            return Err("database.url names no user; write SCHEME://USER@HOST/DATABASE.".into());
        }
        let database = decoded(url.path().trim_start_matches('/'), "database")?;
        if database.is_empty() {
            return Err(
                "database.url names no database; it stands behind the host: SCHEME://USER@HOST/DATABASE."
                    .into(),
            );
        }
        let in_url = url.password().map(|password| decoded(password, "password")).transpose()?;
        let password = match (in_url, &settings.password_file) {
            (Some(_), Some(_)) => {
                return Err(
                    "The password stands in database.url and in database.password_file as well. Keep one."
                        .into(),
                );
            }
            (Some(password), None) => Some(password),
            (None, Some(path)) => Some(read_password(path)?),
            (None, None) => None,
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(default_port),
            user,
            password: password.map(SecretString::from),
            database,
            tls: Tls::read(url, settings)?,
        })
    }
}

impl Tls {
    fn read(url: &Url, settings: &config::Database) -> Result<Self, String> {
        let mut mode = settings.tls;
        for (name, value) in url.query_pairs() {
            if name != "sslmode" {
                return Err(format!(
                    "database.url has the parameter {name}, which is not known; the only one is sslmode."
                ));
            }
            mode = DatabaseTls::named(&value).ok_or_else(|| {
                "The parameter sslmode in database.url must be disable, require or verify-full.".to_owned()
            })?;
        }
        match (mode, &settings.tls_ca) {
            (DatabaseTls::VerifyFull, authority) => Ok(Self::Verified { authority: authority.clone() }),
            (_, Some(_)) => Err("database.tls_ca is of use only with database.tls = verify-full.".into()),
            (DatabaseTls::Require, None) => Ok(Self::Unverified),
            (DatabaseTls::Disable, None) => Ok(Self::Disabled),
        }
    }
}

fn decoded(text: &str, part: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| format!("The {part} in database.url is not UTF-8."))
}

/// The file's text without the line end that editors put there.
fn read_password(path: &Path) -> Result<String, String> {
    let failed =
        |error| format!("The file {} (database.password_file) cannot be read: {error}.", path.display());
    let text = fs::read_to_string(path).map_err(failed)?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(format!("The file {} (database.password_file) is empty.", path.display()));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> config::Database {
        config::Database { url: url.to_owned().into(), ..config::Config::default().database }
    }

    fn read(url: &str) -> Result<Location, String> {
        Location::read(&settings(url), Path::new("/data"))
    }

    fn refused(url: &str) -> String {
        read(url).expect_err(url)
    }

    #[test]
    fn every_scheme_finds_its_engine() {
        assert!(
            matches!(read("sqlite:"), Ok(Location::File(path)) if path == Path::new("/data/portcullis.db"))
        );
        assert!(matches!(read("sqlite:x.db"), Ok(Location::File(path)) if path == Path::new("x.db")));
        for url in ["mysql://u@h/d", "mariadb://u@h/d"] {
            assert!(matches!(read(url), Ok(Location::MariaDb(server)) if server.port == 3306), "{url}");
        }
        for url in ["postgres://u@h/d", "postgresql://u@h/d"] {
            assert!(matches!(read(url), Ok(Location::Postgres(server)) if server.port == 5432), "{url}");
        }
    }

    #[test]
    fn every_part_is_read() {
        let Ok(Location::Postgres(server)) = read("postgres://a%40b:p%2Fw%25@[::1]:7/d%20b?sslmode=require")
        else {
            panic!("it is well-formed")
        };
        assert_eq!((server.host.as_str(), server.port), ("::1", 7));
        assert_eq!((server.user.as_str(), server.database.as_str()), ("a@b", "d b"));
        assert_eq!(server.password.expect("there is one").expose_secret(), "p/w%");
        assert_eq!(server.tls, Tls::Unverified);
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert!(refused("oracle://u@h/d").contains("must begin with sqlite:"));
        assert!(refused("portcullis.db").contains("must begin with sqlite:"));
        assert!(refused("mysql://h/d").contains("no user"));
        assert!(refused("mysql://u@h").contains("no database"));
        assert!(refused("mysql://u@h/").contains("no database"));
        assert!(refused("mysql:///d").contains("no host"));
        assert!(refused("mysql://u:secret@h:port/d").contains("cannot be read"));
        assert!(refused("postgres://u@h/d?connect_timeout=1").contains("connect_timeout"));
        assert!(refused("postgres://u@h/d?sslmode=prefer").contains("verify-full"));
    }

    #[test]
    fn no_refusal_shows_the_password() {
        for url in [
            "mysql://u:secret@h:port/d",
            "oracle://u:secret@h/d",
            "mysql://u:secret@h",
            "mysql://u:secret@/d",
        ] {
            assert!(!refused(url).contains("secret"), "{url}");
        }
    }

    #[test]
    fn the_password_stands_in_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "p w \r\n").unwrap();
        let with = |url: &str, file: &Path| {
            let settings = config::Database { password_file: Some(file.to_owned()), ..settings(url) };
            Location::read(&settings, Path::new("/data"))
        };
        let Ok(Location::MariaDb(server)) = with("mysql://u@h/d", &path) else { panic!("it can be read") };
        assert_eq!(server.password.unwrap().expose_secret(), "p w ");
        assert!(with("mysql://u:p@h/d", &path).unwrap_err().contains("Keep one"));
        assert!(
            with("mysql://u@h/d", &folder.path().join("none"))
                .unwrap_err()
                .contains("database.password_file")
        );
        fs::write(&path, "\n").unwrap();
        assert!(with("mysql://u@h/d", &path).unwrap_err().contains("(database.password_file) is empty"));
    }

    #[test]
    fn authorities_are_asked_only_when_the_server_must_prove_its_name() {
        let with = |tls, url: &str| {
            let settings = config::Database { tls, tls_ca: Some("ca.pem".into()), ..settings(url) };
            Location::read(&settings, Path::new("/data"))
        };
        assert!(with(DatabaseTls::Require, "mysql://u@h/d").unwrap_err().contains("database.tls_ca"));
        let Ok(Location::MariaDb(server)) = with(DatabaseTls::Disable, "mysql://u@h/d?sslmode=verify-full")
        else {
            panic!("the parameter decides")
        };
        assert_eq!(server.tls, Tls::Verified { authority: Some("ca.pem".into()) });
    }
}
