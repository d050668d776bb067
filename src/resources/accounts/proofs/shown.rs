//! From what somebody shows to the mail that it was in.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::base::{Error, Origin, Result, Timestamp, codes};
use crate::db::{self, Reader, Writer};
use crate::mail::{self, OpenProof, Template, find_newest_open, find_open};
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

/// The mail that somebody has read. `session` is the account of a signed-in caller. A code is counted before it is judged;
/// whatever is wrong, the answer is the same, and so is what it takes.
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
    // What a revoked key set has made is no proof.
    app.key_keeper.ensure().await?;
    let shared = Arc::clone(app);
    let found = match shown {
        Shown::Token(token) => {
            app.db.read(move |reader| Ok(by_token(&shared, reader, purposes, &token)?)).await?
        }
        Shown::Code { code, email } => {
            let code = move |writer: &mut Writer<'_>| {
                let account = match (session, &email) {
                    (Some(account), _) => Some(account),
                    (None, Some(email)) => account_of(writer, email, shared.now())?,
                    (None, None) => None,
                };
                Ok(by_code(&shared, writer, purposes, &code, account.unwrap_or(0))?)
            };
            app.db.write(code).await?
        }
    };
    found.ok_or_else(|| refuse(app, purposes[0], origin))
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

fn by_token(
    app: &App,
    reader: &mut Reader<'_>,
    purposes: &[Template],
    token: &str,
) -> db::Result<Option<OpenProof>> {
    let now = app.now();
    for template in purposes {
        if let Some(id) = mail_proof::open(&app.keys, template.name(), token)
            && let Some(proof) = find_open(reader, *template, id, now)?
        {
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

/// Every open mail that a code is tried on counts the try; when it is the code of one, none does.
fn by_code(
    app: &App,
    writer: &mut Writer<'_>,
    purposes: &[Template],
    code: &str,
    account: i64,
) -> db::Result<Option<OpenProof>> {
    let now = app.now();
    let mut tried = Vec::new();
    for template in purposes {
        let open = find_newest_open(writer, *template, account, now)?;
        let key = open.as_ref().map_or(0, |proof| proof.key);
        let counted = mail::begin_code_try(writer, key)?;
        let Some(proof) = open.filter(|_| counted) else { continue };
        tried.push(proof.key);
        if mail_proof::is_code(&app.keys, template.name(), proof.id, code) {
            for key in tried {
                mail::forgive_code_try(writer, key)?;
            }
            return Ok(Some(proof));
        }
    }
    Ok(None)
}

fn account_of(reader: &mut Reader<'_>, email: &str, now: Timestamp) -> db::Result<Option<i64>> {
    let Some(key) = identifiers::email_key(email) else { return Ok(None) };
    let found = store::find_credentials(reader, Login::Email(&key), now)?;
    Ok(found.map(|found| found.account.key))
}
