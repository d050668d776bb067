//! `/authz`: says to a reverse proxy whether a request may pass, and whose it is (nginx `auth_request`, Caddy
//! `forward_auth`, Traefik `ForwardAuth`).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::app::App;
use crate::base::{Error, Result, Role, codes};
use crate::http::{CurrentUser, HttpState, Query};
use crate::resources::accounts;

/// What a header's reader could take for an end, a list or an escape; and, as always, what is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%').add(b'"').add(b',').add(b';').add(b'\\').add(b'<').add(b'>');

const ROLES: [(&str, Role); 3] = [("user", Role::User), ("approver", Role::Approver), ("admin", Role::Admin)];

pub(super) fn routes() -> Router<HttpState> {
    Router::new().route("/authz", any(answer))
}

/// 200 with the account in headers, 401, or 403. What is wrong with the question itself is a 403 too: a proxy takes that
/// for the refusal that it must be, and nothing else.
async fn answer(State(app): State<Arc<App>>, query: Query, caller: Result<CurrentUser>) -> Result<Response> {
    let wanted = wanted(query)?;
    let CurrentUser(actor) = caller?;
    if actor.role < wanted {
        let detail = format!("This needs the role {wanted}; yours is {}.", actor.role);
        return Err(Error::new(&codes::FORBIDDEN).with_detail(detail));
    }
    let account = accounts::own(&app, actor).await?;
    let (id, text) = (account.id.to_string(), |value: Option<String>| value.unwrap_or_default());
    // An empty header rather than none: a proxy that copies these then overwrites what the client sent.
    let headers = [
        ("x-auth-account-id", id),
        ("x-auth-role", account.role.to_string()),
        ("x-auth-username", text(account.username)),
        ("x-auth-email", text(account.email)),
        ("x-auth-name", text(account.name)),
    ];
    let mut response = StatusCode::OK.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(HeaderName::from_static(name), header(&value));
    }
    Ok(response)
}

/// The least role that may pass.
fn wanted(mut query: Query) -> Result<Role> {
    let role = query.choice("role", &ROLES).unwrap_or(Role::User);
    query.finish(role).map_err(|error| {
        let told = error.fields().first().map(|field| field.message.clone()).unwrap_or_default();
        Error::new(&codes::FORBIDDEN).with_detail(format!("/authz was asked wrongly. {told}"))
    })
}

fn header(value: &str) -> HeaderValue {
    let encoded = utf8_percent_encode(value, ENCODED).to_string();
    HeaderValue::from_str(&encoded).expect("what is left is visible ASCII and spaces")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_becomes_a_header_and_comes_back(text in "\\PC{0,40}|[\\x00-\\x7f]{0,40}") {
            let value = header(&text);
            let shown = value.to_str().unwrap();
            prop_assert!(shown.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\",;\\<>".contains(&byte)));
            prop_assert_eq!(percent_encoding::percent_decode_str(shown).decode_utf8().unwrap(), text);
        }
    }
}
