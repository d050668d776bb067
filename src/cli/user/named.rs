//! Which account a name means.

use std::sync::Arc;

use super::Named;
use crate::app::App;
use crate::base::{Caller, Direction, Id, PageRequest, Permission, ReadsPeople, codes, text};
use crate::cli::Failure;
use crate::resources::accounts::Account;
use crate::resources::accounts::people::{self, PeopleFilter};

/// How many accounts are read at once.
const PAGE: u32 = 1000;

/// The operator's permission of this kind.
pub(in crate::cli) fn permission<P: Permission>() -> Result<P, Failure> {
    Ok(P::of(Caller::command_line())?)
}

/// The one account that is called so.
pub(in crate::cli) async fn find(app: &Arc<App>, named: &Named) -> Result<Account, Failure> {
    let name = named.name.trim();
    let found = match people::find_by_name(app, &permission::<ReadsPeople>()?, name).await {
        Err(error) if *error.code() == codes::ACCOUNT_NOT_FOUND => {
            let words = format!(
                "Nobody is called {name:?}: it is no id, e-mail address or user name of an account. All accounts are \
                 listed by: portcullis user list"
            );
            return Err(words.into());
        }
        found => found?,
    };
    // A user name may look like an id.
    if name.parse::<Id>().is_ok_and(|id| id == found.id) {
        let filter = PeopleFilter { search: Some(text::fold(name)), ..everybody() };
        let called_so = |other: &&Account| {
            other.id != found.id
                && other.username.as_deref().is_some_and(|username| text::fold(username) == text::fold(name))
        };
        if let Some(other) = all(app, filter).await?.iter().find(called_so) {
            let words = format!(
                "{name:?} is the id of one account and the user name of another one, {}. Name them by their e-mail address, \
                 or that one by its id.",
                other.id
            );
            return Err(words.into());
        }
    }
    Ok(found)
}

/// Every account, oldest first.
pub(super) fn everybody() -> PeopleFilter {
    PeopleFilter { status: None, role: None, search: None, direction: Direction::Ascending }
}

/// All accounts that match, page by page.
pub(super) async fn all(app: &Arc<App>, filter: PeopleFilter) -> Result<Vec<Account>, Failure> {
    let permission = permission::<ReadsPeople>()?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { limit: PAGE, after, total: false };
        let page = people::list(app, &permission, filter.clone(), page).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// What people call an account.
pub(super) fn login_name(account: &Account) -> &str {
    account.email.as_deref().or(account.username.as_deref()).unwrap_or("-")
}
