//! Whom somebody who signs in claims to be, and whether there is such an account.

use std::sync::Arc;

use super::identifiers;
use super::model::Credentials;
use super::store::{self, Login};
use crate::app::App;
use crate::base::{Result, text};

/// Whom somebody who signs in claims to be. Each door says what it asked for.
#[derive(Clone, Debug)]
pub enum LoginName {
    /// An e-mail address or a user name: whichever it looks like.
    Any(String),
    /// An e-mail address.
    Email(String),
    /// An e-mail address, in capital and small letters as it was registered.
    ExactEmail(String),
    /// A user name.
    Username(String),
}

impl LoginName {
    /// What was typed, without blanks at its ends.
    pub(super) fn typed(&self) -> &str {
        let (Self::Any(typed) | Self::Email(typed) | Self::ExactEmail(typed) | Self::Username(typed)) = self;
        typed.trim()
    }

    fn names_an_address(&self) -> bool {
        match self {
            Self::Any(_) => self.typed().contains('@'),
            Self::Email(_) | Self::ExactEmail(_) => true,
            Self::Username(_) => false,
        }
    }
}

/// The account of this name with its password's hash.
pub(super) async fn find(app: &Arc<App>, login: &LoginName) -> Result<Option<Credentials>> {
    let typed = login.typed();
    let by_address = login.names_an_address();
    let key = if by_address { identifiers::email_key(typed) } else { Some(text::fold(typed)) };
    // No name has a control character, and PostgreSQL takes no NUL even in a comparison.
    let Some(key) = key.filter(|_| !typed.contains(char::is_control)) else { return Ok(None) };
    let now = app.now();
    let found = app.db.read(move |reader| {
        let login = if by_address { Login::Email(&key) } else { Login::Username(&key) };
        Ok(store::find_credentials(reader, login, now)?)
    });
    let exact = matches!(login, LoginName::ExactEmail(_));
    Ok(found.await?.filter(|found| !exact || found.account.email.as_deref() == Some(typed)))
}
