//! Every row of every contract is shown by an exchange, and every exchange is played: at the root, below a path, and at
//! any address that `PORTCULLIS_CONTRACT_URL` names (`{name}` in it stands for the dialect's name).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::pattern::Captured;
use super::player::{Stage, plays};
use super::secrets::{forged, unsigned};
use super::wire::Wire;
use super::{DIALECTS, speak};
use crate::support::{PASSWORD, TestApp};

/// Rows that no exchange can show, and where they are held instead.
const ELSEWHERE: &[(&str, &str)] = &[("C13", "tests/api/accounts/hashing.rs")];

fn rows(file: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/dialects").join(file);
    let text = fs::read_to_string(path).unwrap();
    let id = |line: &str| {
        let id = line.strip_prefix("| ")?.split(' ').next()?;
        let number = id.strip_prefix(|letter: char| letter.is_ascii_uppercase())?;
        number.parse::<u32>().is_ok().then(|| id.to_owned())
    };
    text.lines().filter_map(id).collect()
}

#[test]
fn every_row_of_every_contract_is_shown_by_an_exchange() {
    let common = rows("common.md");
    assert_eq!(common.len(), 14);
    for (dialect, _) in DIALECTS {
        let wanted: BTreeSet<_> = common.union(&rows(&format!("{dialect}/contract.md"))).cloned().collect();
        assert!(wanted.len() > common.len(), "{dialect} has no rows of its own");
        let plays = plays(dialect);
        let shown = plays.iter().flat_map(|(_, steps)| steps).flat_map(|step| step.rows.iter().cloned());
        let shown: BTreeSet<_> = shown.chain(ELSEWHERE.iter().map(|(row, _)| (*row).to_owned())).collect();
        let missing: Vec<_> = wanted.difference(&shown).collect();
        let unknown: Vec<_> = shown.difference(&wanted).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{dialect}: missing {missing:?}, unknown {unknown:?}"
        );
    }
    for (_, file) in ELSEWHERE {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).exists(), "{file}");
    }
}

/// What every play knows from the beginning: names of its own, and forgeries.
fn props(run: &str, base: &str, secret: &str) -> Captured {
    let pairs = [
        ("run", run.to_owned()),
        ("base", base.to_owned()),
        ("forged", forged(secret, &json!({}))),
        ("unsigned", unsigned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

async fn play_here(dialect: &str, secret: &str, path: &str) {
    for (file, steps) in plays(dialect) {
        let app = TestApp::with(|config| {
            speak(config, &[(dialect, path)]);
            config.server.max_body = bytesize::ByteSize::kib(64);
        });
        let app = app.await;
        app.admin().await;
        let wire = Wire::Router(app.router.clone());
        let base = path.trim_end_matches('/').to_owned();
        let stage = Stage {
            house: wire.clone(),
            wire,
            app: Some(&app),
            administrator: Some(("admin".into(), PASSWORD.into())),
            base: base.clone(),
        };
        stage.play(&format!("{dialect}/{file} at {path}"), &steps, props("run", &base, secret)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the address to play at is no setting of the application")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn play_there(dialect: &str, secret: &str, address: &str) {
    let base = address.replace("{name}", dialect);
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    let (house, path) = (base[..end].to_owned(), base[end..].to_owned());
    let administrator = variable("PORTCULLIS_CONTRACT_ADMIN").and_then(|both| {
        both.split_once(':').map(|(login, password)| (login.to_owned(), password.to_owned()))
    });
    let now = portcullis::base::Clock::now(&portcullis::base::SystemClock).millis();
    for (file, steps) in plays(dialect) {
        let stage = Stage {
            wire: Wire::to_address(house.clone()),
            house: Wire::to_address(house.clone()),
            app: None,
            administrator: administrator.clone(),
            base: path.clone(),
        };
        stage
            .play(&format!("{dialect}/{file} at {base}"), &steps, props(&format!("r{now}"), &path, secret))
            .await;
    }
}

async fn play(dialect: &str) {
    let (_, secret) = DIALECTS.iter().find(|(name, _)| *name == dialect).unwrap();
    if let Some(address) = variable("PORTCULLIS_CONTRACT_URL") {
        return play_there(dialect, secret, address.trim_end_matches('/')).await;
    }
    play_here(dialect, secret, "/").await;
    play_here(dialect, secret, &format!("/{dialect}")).await;
}

#[tokio::test]
async fn profile_api_is_spoken() {
    play("profile_api").await;
}

#[tokio::test]
async fn task_manager_is_spoken() {
    play("task_manager").await;
}

#[tokio::test]
async fn book_library_is_spoken() {
    play("book_library").await;
}

#[tokio::test]
async fn form_login_is_spoken() {
    play("form_login").await;
}

#[tokio::test]
async fn approval_gate_is_spoken() {
    play("approval_gate").await;
}
