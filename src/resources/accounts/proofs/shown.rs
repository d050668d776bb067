//! From what somebody shows to the mail that it was in.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::base::{Error, Origin, Result, Timestamp, codes};
use crate::db::{self, Reader, Writer};
use crate::mail::{self, OpenProof, Template, count_wrong_code, find_newest_open, find_open};
use crate::resources::accounts::identifiers;
use crate::resources::accounts::store::{self, Login};
use crate::resources::audit::{self, Event, EventKind};
use crate::security::mail_proof;

/// What somebody shows who has read a mail.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The token of its link.
    Token(String),
    /// Its code, and the address that it was sent for; a signed-in caller need not give that.
    Code {
        /// As typed.
        code: String,
        /// As typed.
        email: Option<String>,
    },
}

/// What came of looking for the mail.
enum Found {
    /// It is good.
    Good(OpenProof),
    /// It is not. The key of the mail that a code was tried on, or 0.
    Bad(i64),
}

/// The mail that somebody has read. `session` is the account of a signed-in caller. A wrong code is counted; whatever is
/// wrong, the answer is the same, and so is what it takes.
///
/// # Errors
/// `auth.invalid_proof`.
pub(super) async fn find(
    app: &Arc<App>,
    purposes: &'static [Template],
    shown: Shown,
    session: Option<i64>,
    origin: &Origin,
) -> Result<OpenProof> {
    let shared = Arc::clone(app);
    let looked = app.db.read(move |reader| Ok(look_up(&shared, reader, purposes, &shown, session)?));
    match looked.await? {
        Found::Good(proof) => Ok(proof),
        Found::Bad(tried) => {
            app.db.write(move |writer| Ok(count_wrong_code(writer, tried)?)).await?;
            Err(refuse(app, purposes[0], origin))
        }
    }
}

/// Uses a proof up inside the transaction that acts on it; `false`: it is not good any more.
pub(super) fn use_up(app: &App, writer: &mut Writer<'_>, proof: &OpenProof) -> db::Result<bool> {
    let now = app.now();
    let open = find_open(writer, proof.template, proof.id, now)?.is_some();
    Ok(open && mail::use_up(writer, proof, now)?)
}

/// The answer to every proof that is not good.
pub(super) fn refuse(app: &Arc<App>, purpose: Template, origin: &Origin) -> Error {
    let detail = json!({ "purpose": purpose.name() });
    let kind = EventKind::ProofRefused;
    audit::refuse(app, Event { kind, actor: None, account: None, ip: Some(origin.address), detail });
    Error::new(&codes::INVALID_PROOF)
}

fn look_up(
    app: &App,
    reader: &mut Reader<'_>,
    purposes: &[Template],
    shown: &Shown,
    session: Option<i64>,
) -> db::Result<Found> {
    let now = app.now();
    match shown {
        Shown::Token(token) => by_token(app, reader, purposes, token, now),
        Shown::Code { code, email } => {
            let account = match (session, email) {
                (Some(account), _) => Some(account),
                (None, Some(email)) => account_of(reader, email, now)?,
                (None, None) => None,
            };
            by_code(app, reader, purposes, code, account.unwrap_or(0), now)
        }
    }
}

fn by_token(
    app: &App,
    reader: &mut Reader<'_>,
    purposes: &[Template],
    token: &str,
    now: Timestamp,
) -> db::Result<Found> {
    for template in purposes {
        if let Some(id) = mail_proof::open(&app.keys, template.name(), token)
            && let Some(proof) = find_open(reader, *template, id, now)?
        {
            return Ok(Found::Good(proof));
        }
    }
    Ok(Found::Bad(0))
}

fn by_code(
    app: &App,
    reader: &mut Reader<'_>,
    purposes: &[Template],
    code: &str,
    account: i64,
    now: Timestamp,
) -> db::Result<Found> {
    let mut tried = 0;
    for template in purposes {
        let Some(proof) = find_newest_open(reader, *template, account, now)? else { continue };
        if proof.code_counts && mail_proof::is_code(&app.keys, template.name(), proof.id, code) {
            return Ok(Found::Good(proof));
        }
        tried = proof.key;
    }
    Ok(Found::Bad(tried))
}

fn account_of(reader: &mut Reader<'_>, email: &str, now: Timestamp) -> db::Result<Option<i64>> {
    let Some(key) = identifiers::email_key(email) else { return Ok(None) };
    let found = store::find_credentials(reader, Login::Email(&key), now)?;
    Ok(found.map(|found| found.account.key))
}
