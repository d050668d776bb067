//! Where the database stands, and how a database server's own tools take it along.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::base::Timestamp;
use crate::base::text::shell_word;
use crate::resources::sessions::EndReason;

/// Where the rows are.
#[derive(Clone, Debug)]
pub enum Database {
    /// In a file of this machine: the archive holds a copy.
    File(PathBuf),
    /// In a database server: the archive holds everything else, and the server's own tools copy the rows.
    Network(NetworkDatabase),
}

/// A database server, without its password.
#[derive(Clone, Debug)]
pub struct NetworkDatabase {
    tools: &'static Tools,
    /// Host, port, user and database as options of the tools.
    place: String,
}

#[derive(Debug)]
struct Tools {
    engine: &'static str,
    schemes: &'static [&'static str],
    options: [&'static str; 4],
    dump: &'static str,
    load: &'static str,
    statement: &'static str,
}

/// `{}` stands for the place. The tools ask for the password by themselves.
static TOOLS: &[Tools] = &[
    Tools {
        engine: "MariaDB",
        schemes: &["mysql", "mariadb"],
        options: ["--host=", "--port=", "--user=", "--password "],
        dump: "mariadb-dump --single-transaction --quick {} > portcullis.sql",
        load: "mariadb {} < portcullis.sql",
        statement: "mariadb {} --execute=",
    },
    Tools {
        engine: "PostgreSQL",
        schemes: &["postgres", "postgresql"],
        options: ["--host=", "--port=", "--username=", "--dbname="],
        dump: "pg_dump --format=custom --file=portcullis.dump {}",
        load: "pg_restore --clean --if-exists {} portcullis.dump",
        statement: "psql {} --command=",
    },
];

impl Database {
    /// Looks whether there is something to be copied.
    ///
    /// # Errors
    /// A sentence when there is no file. Of a server nothing is asked: its own tools copy it.
    pub fn find(&self) -> Result<(), String> {
        match self {
            Self::File(path) if !path.is_file() => Err(format!(
                "There is no database {} (database.url, data.dir). Give this command the server's own configuration.",
                path.display()
            )),
            _ => Ok(()),
        }
    }

    /// The engine's name, as manifests have it.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::File(_) => "SQLite",
            Self::Network(database) => database.tools.engine,
        }
    }
}

impl NetworkDatabase {
    /// The server that a `database.url` names; none when it names something else.
    pub fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let tools = TOOLS.iter().find(|tools| tools.schemes.contains(&url.scheme()))?;
        let port = url.port().map(|port| port.to_string()).unwrap_or_default();
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let values = [host, &port, url.username(), url.path().trim_matches('/')];
        let values = values.map(|value| percent_decode_str(value).decode_utf8_lossy());
        let options = tools.options.iter().zip(values).filter(|(_, value)| !value.is_empty());
        let place: Vec<_> =
            options.map(|(option, value)| format!("{option}{}", shell_word(&value))).collect();
        Some(Self { tools, place: place.join(" ") })
    }

    /// The command that copies the rows, for people.
    pub fn how_to_dump(&self) -> String {
        format!("  {}", self.tools.dump.replace("{}", &self.place))
    }

    /// The commands that put the rows back, end all sessions and void what mails prove, for people.
    pub fn how_to_load(&self, now: Timestamp) -> String {
        let statement = format!(
            "UPDATE sessions SET ended_at = {now}, end_reason = '{}' WHERE ended_at IS NULL; \
             UPDATE mails SET void_at = {now} WHERE void_at IS NULL",
            EndReason::Restored,
            now = now.millis(),
        );
        let Tools { load, statement: run, .. } = self.tools;
        format!("  {}\n  {}\"{statement}\"", load.replace("{}", &self.place), run.replace("{}", &self.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_the_place_and_never_the_password() {
        let maria = NetworkDatabase::of("mysql://ada:s3cret@db.example.org:3307/gate").unwrap();
        assert_eq!(
            maria.how_to_dump(),
            "  mariadb-dump --single-transaction --quick --host=db.example.org --port=3307 --user=ada --password gate \
             > portcullis.sql"
        );
        let postgres = NetworkDatabase::of("postgresql://a%40da:s3cret@[::1]/a'b%20c").unwrap();
        assert_eq!(
            postgres.how_to_dump(),
            r"  pg_dump --format=custom --file=portcullis.dump --host=::1 --username='a@da' --dbname='a'\''b c'"
        );
        for database in [maria, postgres] {
            let load = database.how_to_load(Timestamp::from_millis(5));
            assert!(load.contains("SET ended_at = 5, end_reason = 'restored'"), "{load}");
            assert!(!format!("{load}{database:?}").contains("s3cret"));
        }
        assert!(NetworkDatabase::of("sqlite:portcullis.db").is_none());
    }
}
