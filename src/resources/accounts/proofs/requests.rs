//! "Mail me": asked for by strangers, who learn nothing from the answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::app::App;
use crate::base::{Error, Origin, Result, Timestamp, codes};
use crate::db::{self, Reader};
use crate::mail::{Binding, Draft, Template, newest_at};
use crate::resources::accounts::identifiers::Identifier;
use crate::resources::accounts::model::Account;
use crate::resources::accounts::store::{self, Login};
use crate::resources::audit::{self, Event, EventKind};
use crate::resources::guard;
use crate::security::Door;

/// How soon after a mail the next one of its kind is sent to an account: nobody's postbox is filled from here.
const PAUSE: Duration = Duration::from_mins(1);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A way to a new password.
    Reset,
    /// Another way to verify the address.
    Verification,
}

impl Wish {
    fn template(self) -> Template {
        match self {
            Self::Reset => Template::ResetPassword,
            Self::Verification => Template::VerifyAddress,
        }
    }

    fn event(self) -> EventKind {
        match self {
            Self::Reset => EventKind::ResetRequested,
            Self::Verification => EventKind::VerificationRequested,
        }
    }
}

/// Refuses what would need a link where there can be none.
///
/// # Errors
/// `mail.not_configured`.
pub(in crate::resources::accounts) fn demand_links(app: &App) -> Result<()> {
    if app.mail.has_links() { Ok(()) } else { Err(Error::new(&codes::MAIL_NOT_CONFIGURED)) }
}

/// Mails what is asked for to the holder of an address, if there is one. The same statements run in either case, in one
/// transaction that is committed in either case: neither the answer nor its time tells whether there was.
///
/// # Errors
/// `mail.not_configured`, `limits.too_many_requests`.
pub async fn request(app: &Arc<App>, wish: Wish, email: Identifier, origin: Origin) -> Result<()> {
    guard::admit(app, Door::Mail, &origin)?;
    demand_links(app)?;
    let shared = Arc::clone(app);
    app.db
        .write(move |writer| {
            let (template, now) = (wish.template(), shared.now());
            let holder = store::find_credentials(writer, Login::Email(&email.key), now)?;
            let holder = holder.map(|found| found.account);
            // Of several at once, one mails, and the others see that it did.
            store::lock(writer, holder.as_ref().map_or(0, |account| account.key))?;
            let wanted = wanted(writer, wish, holder, now)?;
            let draft = draft(template, wanted.as_ref(), &email);
            shared.mail.void(writer, wanted.as_ref().map_or(0, |account| account.key), &[template])?;
            shared.mail.queue_alike(writer, &draft, wanted.is_some())?;
            let event = Event {
                kind: wish.event(),
                actor: None,
                account: wanted.map(|account| account.id),
                ip: Some(origin.address),
                detail: json!({}),
            };
            Ok(audit::record(&shared, writer, &event)?)
        })
        .await
}

/// Whether the last mail of this kind to an account has been a while ago.
pub(in crate::resources::accounts) fn may_mail(
    reader: &mut Reader<'_>,
    template: Template,
    account: i64,
    now: Timestamp,
) -> db::Result<bool> {
    let newest = newest_at(reader, template, account)?;
    Ok(newest.is_none_or(|at| now.since(at) >= PAUSE || at > now))
}

/// The account, if what was asked for is of use to it now.
fn wanted(
    reader: &mut Reader<'_>,
    wish: Wish,
    holder: Option<Account>,
    now: Timestamp,
) -> Result<Option<Account>> {
    let rested = may_mail(reader, wish.template(), holder.as_ref().map_or(0, |account| account.key), now)?;
    let open = |account: &Account| wish == Wish::Reset || account.email_verified_at.is_none();
    Ok(holder.filter(|account| rested && open(account)))
}

/// To the address that the account has, never to the one that was typed: two that fold alike may be two postboxes.
fn draft(template: Template, account: Option<&Account>, email: &Identifier) -> Draft {
    let own = account.and_then(|account| account.email.as_ref());
    Draft {
        template,
        recipient: own.unwrap_or(&email.typed).clone(),
        account: account.map(|account| account.key),
        binding: account
            .map(|account| Binding { epoch: account.epoch, address_key: Some(email.key.clone()) }),
        variables: json!({ "name": account.and_then(Account::name_for_mails) }),
    }
}
