//! Secrets, and what of them may be seen.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;
use url::Url;

use super::kinds::{Kind, Scalar};

/// What stands for a secret where it is shown.
pub(super) const STARS: &str = "********";

impl Scalar for SecretString {
    const KIND: Kind = Kind { secret: true, ..Kind::text("text") };

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn shown(&self) -> Json {
        Json::from(masked(self.expose_secret()))
    }
}

/// A secret as it may be shown: of a URL only the passwords are starred, anything else entirely.
pub(super) fn masked(secret: &str) -> String {
    if secret.starts_with("sqlite:") {
        return secret.to_owned();
    }
    masked_url(secret).unwrap_or_else(|| STARS.to_owned())
}

fn masked_url(secret: &str) -> Option<String> {
    let mut url = Url::parse(secret).ok().filter(Url::has_host)?;
    // A password with a bare `/`, `?` or `#` ends the authority early, and the rest of it passes for a path.
    let after_authority = [Some(url.path()), url.query(), url.fragment()];
    if after_authority.into_iter().flatten().any(|part| part.contains('@')) {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some(STARS)).ok()?;
    }
    if url.query().is_some_and(|query| query.to_ascii_lowercase().contains("pass")) {
        url.set_query(Some(STARS));
    }
    Some(url.into())
}
