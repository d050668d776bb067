//! The first answer is kept in the creation's own transaction; a repetition gets it again.

use std::sync::Arc;
use std::time::Duration;

use super::store;
use crate::app::App;
use crate::base::{Actor, Error, Kind, Result, codes};
use crate::db::{OnConstraint, Writer};
use crate::http::idempotency::IdempotencyKey;

/// How long a first answer is kept.
const KEPT: Duration = Duration::from_hours(24);

/// The answer to a creation, as it is given and as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The new item's address.
    pub location: String,
    /// The new item's tag.
    pub etag: String,
    /// The new item as JSON.
    pub body: String,
}

/// A transaction that creates something and says how it is answered.
pub trait Creation: Fn(&mut Writer<'_>) -> Result<Receipt> + Send + 'static {}
impl<F: Fn(&mut Writer<'_>) -> Result<Receipt> + Send + 'static> Creation for F {}

enum Outcome {
    Created(Receipt),
    SeenBefore,
}

/// Runs `creation`, at most once for one key of one account.
///
/// # Errors
/// What the creation answers, or `idempotency_key.reused` when the key came with another body.
pub async fn create_once(
    app: &Arc<App>,
    actor: &Actor,
    key: Option<IdempotencyKey>,
    creation: impl Creation,
) -> Result<Receipt> {
    let Some(key) = key else { return app.db.write(creation).await };
    let account = actor.account;
    let (shared, wanted) = (Arc::clone(app), key.clone());
    let outcome = app.db.write(move |writer| {
        let now = shared.now();
        store::delete_older(writer, account, &wanted, now.minus(KEPT))?;
        if store::find(writer, account, &wanted)?.is_some() {
            return Ok(Outcome::SeenBefore);
        }
        let receipt = creation(writer)?;
        let fingerprint = wanted.body_mac(&shared.keys);
        store::insert(writer, account, &wanted, &fingerprint, &receipt, now)
            .or_constraint(&[(store::UNIQUE, raced)])?;
        Ok(Outcome::Created(receipt))
    });
    match outcome.await {
        Ok(Outcome::Created(receipt)) => Ok(receipt),
        Ok(Outcome::SeenBefore) => first_answer(app, account, key).await,
        // Somebody else was faster: our creation is rolled back, theirs is answered. It may also have met their item before
        // it came to their key.
        Err(error) if *error.code() == codes::IDEMPOTENCY_KEY_REUSED => first_answer(app, account, key).await,
        Err(error) if error.code().kind == Kind::Conflict && is_known(app, account, key.clone()).await? => {
            first_answer(app, account, key).await
        }
        Err(error) => Err(error),
    }
}

async fn is_known(app: &Arc<App>, account: i64, key: IdempotencyKey) -> Result<bool> {
    app.db.read(move |reader| Ok(store::find(reader, account, &key)?.is_some())).await
}

fn raced() -> Error {
    Error::new(&codes::IDEMPOTENCY_KEY_REUSED)
}

async fn first_answer(app: &Arc<App>, account: i64, key: IdempotencyKey) -> Result<Receipt> {
    let wanted = key.clone();
    let found = app.db.read(move |reader| Ok(store::find(reader, account, &wanted)?)).await?;
    match found {
        Some((fingerprint, receipt)) if key.same_body(&fingerprint, &app.keys) => Ok(receipt),
        Some(_) => Err(Error::new(&codes::IDEMPOTENCY_KEY_REUSED).with_field(
            "Idempotency-Key",
            "reused",
            codes::IDEMPOTENCY_KEY_REUSED.meaning,
        )),
        None => Err(Error::new(&codes::DATABASE_UNAVAILABLE)
            .with_cause("the first answer was swept while it was read")),
    }
}

/// Removes at most `chunk` answers that are older than 24 hours; the number removed.
///
/// # Errors
/// When the database cannot take it.
pub async fn sweep(app: &Arc<App>, chunk: u32) -> Result<u64> {
    let before = app.now().minus(KEPT);
    app.db.sweep(move |writer| Ok(store::delete_all_older(writer, before, chunk)?)).await
}
