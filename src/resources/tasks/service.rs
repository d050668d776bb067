//! The rules of tasks.

use std::sync::Arc;

use super::model::{Task, TaskChange, TaskDraft, TaskFilter, TaskName};
use super::store;
use crate::app::App;
use crate::base::{Actor, Error, Id, Page, PageRequest, Precondition, Result, Role, codes};
use crate::db::{Reader, Writer};
use crate::http::idempotency::IdempotencyKey;
use crate::resources::accounts;
use crate::resources::idempotency::{self, Receipt};

/// Makes a task; `receipt` says how it is answered, now and when the same key comes again.
///
/// # Errors
/// `idempotency_key.reused`.
pub(super) async fn create(
    app: &Arc<App>,
    actor: Actor,
    draft: TaskDraft,
    key: Option<IdempotencyKey>,
    receipt: fn(Task) -> Result<Receipt>,
) -> Result<Receipt> {
    let shared = Arc::clone(app);
    idempotency::create_once(app, &actor, key, move |writer| {
        receipt(store::insert(writer, actor.account, shared.new_id(), &draft, shared.now())?)
    })
    .await
}

/// One of the caller's tasks.
///
/// # Errors
/// `task.not_found`.
pub(super) async fn read(app: &Arc<App>, actor: Actor, task: Option<TaskName>) -> Result<Task> {
    app.db.read(move |reader| own(reader, actor, task)).await
}

/// Changes one of the caller's tasks.
///
/// # Errors
/// `task.not_found`, `precondition.failed`.
pub async fn update(
    app: &Arc<App>,
    actor: Actor,
    task: Option<TaskName>,
    change: TaskChange,
    precondition: Precondition,
) -> Result<Task> {
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let now = shared.now();
            let mut task = own(writer, actor, task)?;
            precondition.demand(task.version)?;
            if change == TaskChange::default() {
                return Ok(task);
            }
            let TaskChange { title, description, completed, due_at } = change.clone();
            task.title = title.unwrap_or(task.title);
            task.description = description.unwrap_or(task.description);
            task.due_at = due_at.apply(task.due_at);
            task.completed_at = match completed {
                Some(true) => task.completed_at.or(Some(now)),
                Some(false) => None,
                None => task.completed_at,
            };
            task.updated_at = now;
            task.version += 1;
            if !store::update(writer, &task)? {
                return Err(writer.overtaken().into());
            }
            Ok(task)
        })
        .await
}

/// Deletes one of the caller's tasks.
///
/// # Errors
/// `task.not_found`, `precondition.failed`.
pub async fn delete(
    app: &Arc<App>,
    actor: Actor,
    task: Option<TaskName>,
    precondition: Precondition,
) -> Result<()> {
    app.db
        .write(move |writer: &mut Writer<'_>| {
            let task = own(writer, actor, task)?;
            precondition.demand(task.version)?;
            if !store::delete(writer, task.key, task.version)? {
                return Err(writer.overtaken().into());
            }
            Ok(())
        })
        .await
}

fn own(reader: &mut Reader<'_>, actor: Actor, task: Option<TaskName>) -> Result<Task> {
    let task = task.ok_or_else(|| Error::new(&codes::TASK_NOT_FOUND))?;
    store::find(reader, actor.account, task)?.ok_or_else(|| Error::new(&codes::TASK_NOT_FOUND))
}

/// Whose tasks a list shows: the caller's, or, for an administrator who names one, another account's. An account that
/// does not exist has no tasks.
///
/// # Errors
/// `auth.forbidden` when somebody else names another account.
pub(super) async fn owner_of_list(app: &Arc<App>, actor: Actor, owner: Option<Id>) -> Result<Option<i64>> {
    match owner {
        None => Ok(Some(actor.account)),
        Some(id) if id == actor.id => Ok(Some(actor.account)),
        Some(id) if actor.role == Role::Admin => accounts::find_key(app, id).await,
        Some(_) => Err(Error::new(&codes::FORBIDDEN)),
    }
}

/// A page of an account's tasks.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn list(
    app: &Arc<App>,
    owner: i64,
    filter: TaskFilter,
    page: PageRequest,
) -> Result<Page<Task>> {
    // A search or a count looks at every row of the account; the rest is one short walk along an index.
    let wide = filter.search.is_some() || page.total;
    let job = move |reader: &mut Reader<'_>| {
        let rows = store::list(reader, owner, &filter, page.after.as_ref(), i64::from(page.limit) + 1)?;
        let total = page.total.then(|| store::count(reader, owner, &filter)).transpose()?;
        Ok(Page::cut(rows, page.limit, total, |task: &Task| task.position(filter.sort)))
    };
    if wide { app.db.scan(job).await } else { app.db.read(job).await }
}
