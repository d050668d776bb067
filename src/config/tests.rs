//! Which source wins, and what is said about those that are wrong.

use std::fs;

use tempfile::TempDir;

use super::*;

mod shown;
mod values;

/// A working folder with sources that a test fills one by one.
struct House {
    folder: TempDir,
    sources: Sources,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources { working_dir: folder.path().to_owned(), ..Sources::default() };
        Self { folder, sources }
    }

    fn file(self, name: &str, text: &str) -> Self {
        fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn toml(self, text: &str) -> Self {
        self.file("portcullis.toml", text)
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, name: &str, value: &str) -> Self {
        self.sources.flags.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(self) -> Loaded {
        load(self.sources).unwrap()
    }

    /// The problems, without the folder that differs from run to run.
    fn problems(self) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        let problems = load(self.sources).unwrap_err();
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
}

#[test]
fn each_source_wins_over_the_ones_before_it() {
    let from_file = || House::new().toml("[server]\nlisten = \"127.0.0.1:1\"\n");
    let from_dot_env = || from_file().file(".env", "PORTCULLIS_SERVER__LISTEN=127.0.0.1:2\n");
    let from_environment = || from_dot_env().variable("PORTCULLIS_SERVER__LISTEN", "127.0.0.1:3");
    let from_flag = || from_environment().flag("server.listen", "127.0.0.1:4");
    for (house, port, from) in [
        (from_file(), 1, "portcullis.toml line 2"),
        (from_dot_env(), 2, ".env line 1"),
        (from_environment(), 3, "environment variable PORTCULLIS_SERVER__LISTEN"),
        (from_flag(), 4, "flag"),
    ] {
        let loaded = house.load();
        assert_eq!(loaded.config.server.listen.port(), port);
        let shown = loaded.show();
        let line = shown.lines().find(|line| line.starts_with("listen")).unwrap();
        assert!(line.contains(&format!("127.0.0.1:{port}")) && line.ends_with(from), "{line}");
    }
}

#[test]
fn a_value_that_a_higher_source_replaces_is_not_looked_at() {
    let house = House::new().toml("[server]\nlisten = \"nowhere\"\n").flag("server.listen", "127.0.0.1:4");
    assert_eq!(house.load().config.server.listen.port(), 4);
}

#[test]
fn an_empty_value_takes_back_an_optional_one() {
    let house = House::new().toml("[tokens]\nissuer = \"me\"\n").variable("PORTCULLIS_TOKENS__ISSUER", "");
    assert_eq!(house.load().config.tokens.issuer, None);
}

#[test]
fn a_named_file_replaces_the_usual_one_and_must_exist() {
    let mut house = House::new().toml("[bad]\n").file("other.toml", "[log]\nformat = \"json\"\n");
    house.sources.file = Some("other.toml".into());
    assert_eq!(house.load().config.log.format, LogFormat::Json);

    let mut house = House::new();
    house.sources.file = Some("missing.toml".into());
    let problems = house.problems();
    assert!(problems[0].starts_with("missing.toml: this file cannot be read: "), "{problems:?}");
}

#[test]
fn a_wrong_name_is_met_with_the_nearest_right_one() {
    let house = House::new()
        .toml("maxbody = 1\nlog = 3\n[sever]\n[server]\nlisen = 1\ntls_cert = 2\nlevel = \"info\"\n")
        .file(".env", "PORTCULLIS_LOG__LEVLE=info\nOTHER__KEY=1\n")
        .variable("PORTCULLIS_SESSION__IDLE_LIFETIME", "1d")
        .variable("PORTCULLIS_TEST_DATABASE_URL", "ignored")
        .flag("tokens.audiance", "x");
    assert_eq!(
        house.problems(),
        [
            "maxbody (portcullis.toml line 1): there is no such setting; the nearest is server.max_body",
            "portcullis.toml line 2: log is a section, not a setting; write [log]",
            "portcullis.toml line 3: there is no section [sever]; the nearest is [server]",
            "server.lisen (portcullis.toml line 5): there is no such setting; the nearest is server.listen",
            "server.tls_cert (portcullis.toml line 6): there is no such setting; the nearest is server.tls_certificate",
            "server.level (portcullis.toml line 7): there is no such setting; the nearest is log.level",
            "PORTCULLIS_LOG__LEVLE (.env line 1): there is no such setting; the nearest is PORTCULLIS_LOG__LEVEL",
            "PORTCULLIS_SESSION__IDLE_LIFETIME (environment variable PORTCULLIS_SESSION__IDLE_LIFETIME): there is no \
             such setting; the nearest is PORTCULLIS_SESSIONS__IDLE_LIFETIME",
            "tokens.audiance (flag): there is no such setting; the nearest is tokens.audience",
        ]
    );
}

#[test]
fn all_problems_come_at_once() {
    let house = House::new()
        .toml("[server]\nlisen = 1\ntls_key = \"key.pem\"\nmax_body = \"lots\"\n")
        .variable("PORTCULLIS_PASSWORD__MIN_LENGTH", "7")
        .flag("sessions.lifetime", "1d");
    assert_eq!(
        house.problems(),
        [
            "server.lisen (portcullis.toml line 2): there is no such setting; the nearest is server.listen",
            "server.max_body (portcullis.toml line 4): \"lots\" does not fit; expected a size with its unit, such as \
             512B, 64KiB, 1MiB or 2GiB, from 1KiB to 1GiB",
            "password.min_length (environment variable PORTCULLIS_PASSWORD__MIN_LENGTH): \"7\" does not fit; expected \
             a whole number of characters, from 8 to 64",
            "server.tls_certificate and server.tls_key: one is set and the other is not; set both to serve HTTPS, or \
             neither",
            "sessions.lifetime and sessions.idle_lifetime: a session cannot rest longer than it lives; make the first \
             at least as long as the second",
        ]
    );
}

#[test]
fn a_misspelt_half_of_a_pair_is_not_reported_as_missing() {
    let house = House::new().toml("[server]\ntls_certificat = \"c.pem\"\ntls_key = \"k.pem\"\n");
    assert_eq!(house.problems().len(), 1);
}

#[test]
fn a_source_that_is_not_understood_leaves_open_what_its_other_half_was() {
    let house = House::new()
        .toml("[server]\ntls_certificate = c.pem\n")
        .variable("PORTCULLIS_SERVER__TLS_KEY", "k.pem");
    let problems = house.problems();
    assert!(problems.iter().all(|problem| problem.contains("not valid TOML")), "{problems:?}");
}

#[test]
fn the_order_of_the_environment_does_not_show() {
    let forward = House::new().variable("PORTCULLIS_A__A", "").variable("PORTCULLIS_B__B", "");
    let backward = House::new().variable("PORTCULLIS_B__B", "").variable("PORTCULLIS_A__A", "");
    assert_eq!(forward.problems(), backward.problems());
}

#[test]
fn dot_env_knows_quotes_comments_and_export_and_replaces_nothing() {
    let text = "\u{feff}# comment\r\nexport PORTCULLIS_TOKENS__ISSUER = \"a \\\"b\\\" #c\" # d\r\n\
                PORTCULLIS_TOKENS__AUDIENCE=first\nPORTCULLIS_TOKENS__AUDIENCE='$HOME\\n' # later wins\n\
                PORTCULLIS_DATA__DIR=some#where # else\nnot for us";
    let config = House::new().file(".env", text).load().config;
    assert_eq!(config.tokens.issuer.as_deref(), Some("a \"b\" #c"));
    assert_eq!(config.tokens.audience.as_deref(), Some("$HOME\\n"));
    assert_eq!(config.data.dir.to_str(), Some("some#where"));
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line() {
    let problems = House::new().toml("[log]\nlevel = \"info\"\nlevel = \"debug\"\n").problems();
    assert_eq!(problems, ["portcullis.toml line 3: not valid TOML: duplicate key"]);
}
