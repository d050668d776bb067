//! Accounts for doors that number them: in pages by number that are counted. Only an administrator sees others than the
//! own one.

use std::sync::Arc;

use super::model::Account;
use super::{service, store};
use crate::app::App;
use crate::base::{Actor, NumberedPage, NumberedPageRequest, Result, Role};
use crate::config::ListUsers;

/// A page of the accounts that the caller may see, by key.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(app: &Arc<App>, actor: Actor, page: NumberedPageRequest) -> Result<NumberedPage<Account>> {
    if actor.role != Role::Admin {
        let own = service::own(app, actor).await?;
        let items = if page.offset() == 0 { vec![own] } else { Vec::new() };
        return Ok(NumberedPage { items, total: 1 });
    }
    let now = app.now();
    app.db
        .scan(move |reader| {
            let items = store::list_numbered(reader, page.offset(), i64::from(page.size), now)?;
            Ok(NumberedPage { items, total: store::count(reader)? })
        })
        .await
}

/// The accounts that the caller may see, in the order of their making: for lists without pages.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_whole(app: &Arc<App>, actor: Actor, shown: ListUsers) -> Result<Vec<Account>> {
    if actor.role != Role::Admin && shown == ListUsers::Own {
        return Ok(vec![service::own(app, actor).await?]);
    }
    let now = app.now();
    app.db.scan(move |reader| Ok(store::list_numbered(reader, 0, i64::MAX, now)?)).await
}
