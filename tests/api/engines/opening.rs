//! A database that cannot be used is named in a sentence, and no sentence shows a password.

use std::path::PathBuf;

use portcullis::config::{Config, Database, DatabaseTls};

use super::support::{Place, open};
use crate::support::{Server, TestDatabase, database_server};

fn refused(change: impl FnOnce(&mut Database, &Place)) -> Option<String> {
    let place = Place::new()?;
    let mut database = Database { url: place.database.url().into(), ..Config::default().database };
    change(&mut database, &place);
    let Err(sentence) = open(&database) else { panic!("it was opened") };
    assert!(!sentence.contains("wrong-secret"), "{sentence}");
    Some(sentence)
}

#[test]
fn a_wrong_password_is_told() {
    let url = |place: &Place| {
        let scheme = place.either("mysql", "postgres");
        format!("{scheme}://nobody:wrong-secret@{}/nowhere", place.address())
    };
    let Some(sentence) = refused(|database, place| database.url = url(place).into()) else { return };
    // A PostgreSQL that trusts its own machine lets anybody in whom it knows.
    assert!(sentence.contains("nobody"), "{sentence}");
}

#[test]
fn a_database_that_is_not_there_is_told() {
    let Some(sentence) = refused(|database, place| {
        database.url = format!("{}_nowhere", place.database.url()).into();
    }) else {
        return;
    };
    assert!(sentence.contains("_nowhere") && sentence.contains("create the database first"), "{sentence}");
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let Some(sentence) = refused(|database, place| {
        database.url = place.database.url().replace(place.address(), "127.0.0.1:1").into();
    }) else {
        return;
    };
    assert!(sentence.contains("127.0.0.1:1") && sentence.contains("refused"), "{sentence}");
}

#[test]
fn a_server_that_cannot_prove_its_name_is_told() {
    let Some(sentence) = refused(|database, _| database.tls = DatabaseTls::VerifyFull) else { return };
    for words in ["cannot be used", "certificate is not trusted", "database.tls_ca"] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}

#[test]
fn a_server_that_wants_a_password_is_told_where_one_goes() {
    let Some(place) = Place::new() else { return };
    let url = place.database.url();
    let (before, password) = url.split_once('@').unwrap().0.rsplit_once(':').unwrap();
    let url = url.replacen(&format!("{before}:{password}@"), &format!("{before}@"), 1);
    let database = Database { url: url.into(), ..Config::default().database };
    let sentence = open(&database).map(drop).unwrap_err();
    for words in ["does not let us in", "database.password_file"] {
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
}

/// The authority that the test servers' certificates are from, when they have some (see `.ci/databases`).
#[expect(clippy::disallowed_methods, reason = "the server to test with is no setting of the application")]
fn authority() -> Option<PathBuf> {
    std::env::var("PORTCULLIS_TEST_DATABASE_CA").ok().map(PathBuf::from)
}

#[test]
fn a_connection_is_encrypted_and_the_server_proves_its_name() {
    let (Some(place), Some(authority)) = (Place::new(), authority()) else { return };
    for (tls, tls_ca) in [(DatabaseTls::Require, None), (DatabaseTls::VerifyFull, Some(authority))] {
        let db = place.start(|settings| (settings.tls, settings.tls_ca) = (tls, tls_ca));
        let settings = db.report().unwrap().settings;
        let tls = settings.iter().find(|setting| setting.name == "tls").unwrap();
        assert!(!tls.value.is_empty(), "{settings:?}");
    }
    let plain = place.start(|_| {}).report().unwrap().settings;
    assert!(plain.iter().any(|setting| setting.name == "tls" && setting.value.is_empty()), "{plain:?}");
}

#[test]
fn authorities_that_cannot_be_read_are_told() {
    let Some(sentence) = refused(|database, _| {
        database.tls = DatabaseTls::VerifyFull;
        database.tls_ca = Some("/nowhere/ca.pem".into());
    }) else {
        return;
    };
    assert!(sentence.contains("/nowhere/ca.pem") || sentence.contains("cannot be used"), "{sentence}");
}

#[test]
fn the_password_may_stand_in_a_file() {
    let Some(place) = Place::new() else { return };
    let url = place.database.url();
    let (before, password) = url.split_once('@').unwrap().0.rsplit_once(':').unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{password}\n")).unwrap();
    let database = Database {
        url: url.replacen(&format!("{before}:{password}@"), &format!("{before}@"), 1).into(),
        password_file: Some(file.path().to_owned()),
        ..Config::default().database
    };
    open(&database).unwrap();
}

#[test]
fn an_encoding_other_than_utf8_is_told() {
    let Some(server @ Server::Postgres(_)) = database_server() else { return };
    let place = TestDatabase::empty(server);
    let latin = format!("{}_latin", place.url().rsplit('/').next().unwrap());
    server.run(&format!("CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
    let database = Database { url: format!("{}_latin", place.url()).into(), ..Config::default().database };
    let opened = open(&database).map(drop);
    server.run(&format!("DROP DATABASE {latin} WITH (FORCE)"));
    assert!(opened.unwrap_err().contains("LATIN1"));
}
