//! Whether secrets can be guessed. None is ever shown, nor its length when that is short.

use std::collections::BTreeSet;
use std::fs;

use secrecy::ExposeSecret;

use super::Findings;
use crate::config::Config;
use crate::db::{self, Place};

const AREA: &str = "secrets";
/// A password of a database that is shorter can be tried through.
const SHORTEST_PASSWORD: usize = 12;
/// A key with fewer different characters was typed, not drawn.
const FEWEST_CHARACTERS: usize = 10;

pub(super) fn examine(config: &Config, found: &mut Findings) {
    master_key(config, found);
    database(config, found);
    if config.backup.dir.is_some() && config.backup.passphrase_file.is_none() {
        found.warning(
            AREA,
            "archives are not encrypted: who reads one can sign tokens and reads everybody's data",
            "name a file with a passphrase in backup.passphrase_file",
        );
    }
    found.otherwise_ok(AREA, "none is missing, and none looks as if it could be guessed");
}

fn master_key(config: &Config, found: &mut Findings) {
    let keys = &config.keys;
    let in_file = || keys.master_key_file.as_ref().and_then(|path| fs::read_to_string(path).ok());
    let Some(text) = keys.master_key.as_ref().map(|key| key.expose_secret().to_owned()).or_else(in_file)
    else {
        return;
    };
    let different: BTreeSet<_> = text.trim().chars().collect();
    if different.len() < FEWEST_CHARACTERS {
        found.problem(
            AREA,
            "the master key is made of few different characters and can be guessed",
            "make one with: openssl rand -base64 48 (docs/operations.md says how it is changed)",
        );
    }
}

fn database(config: &Config, found: &mut Findings) {
    // What cannot be read stands among the problems of the configuration.
    let Ok(Place::Server { host, password_length, encrypted, verified }) =
        db::place(&config.database, &config.data.dir)
    else {
        return;
    };
    match password_length {
        None => found.warning(
            AREA,
            "the database is asked for without a password",
            "give its user one, in the file of database.password_file",
        ),
        Some(length) if length < SHORTEST_PASSWORD => found.warning(
            AREA,
            format!("the database's password has fewer than {SHORTEST_PASSWORD} characters"),
            "give its user a longer one, such as: openssl rand -base64 24",
        ),
        Some(_) => {}
    }
    let near =
        host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback());
    if !near && !encrypted {
        found.warning(
            AREA,
            format!("the connection to the database at {host} is not encrypted"),
            "set database.tls to verify-full",
        );
    } else if !near && !verified {
        found.warning(
            AREA,
            format!("the database at {host} does not prove its name: somebody between can read along"),
            "set database.tls to verify-full",
        );
    }
}
