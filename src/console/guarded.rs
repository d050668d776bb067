//! Forms that come in: only from our own pages, only from the browser that was shown them, before anything else is looked at.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::{IntoResponse, Response};

use super::form::Form;
use super::site::Site;
use super::visit::{Holder, Visit};
use crate::base::{Error, Result, codes};
use crate::http::{HttpState, RawBody};

/// The field that every form carries.
const TOKEN: &str = "form_token";

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A form of ours, whoever sends it.
pub(super) struct Posted {
    pub visit: Visit,
    pub form: Form,
}

/// A form of ours from somebody who is signed in; others are sent to sign in.
pub(super) struct PostedByHolder {
    pub holder: Holder,
    pub form: Form,
}

impl FromRequest<HttpState> for Posted {
    type Rejection = Error;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, state).await?;
        receive(visit, Request::from_parts(parts, body), state, Visit::showed).await
    }
}

impl FromRequest<HttpState> for PostedByHolder {
    type Rejection = Response;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Holder { visit, actor } = Holder::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let received = receive(visit, request, state, Visit::showed_to_session).await;
        let Posted { visit, form } = received.map_err(IntoResponse::into_response)?;
        Ok(Self { holder: Holder { visit, actor }, form })
    }
}

async fn receive(
    visit: Visit,
    request: Request,
    state: &HttpState,
    showed: fn(&Visit, &str) -> bool,
) -> Result<Posted> {
    if !is_own(request.headers(), request.uri(), &visit.site) {
        return Err(Error::new(&codes::FOREIGN_FORM));
    }
    let body = RawBody::from_request(request, state).await?;
    let media_type = body.content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Error::new(&codes::UNSUPPORTED_MEDIA).with_detail("This page takes its own form."));
    }
    let mut form = Form::parse(&body.bytes)?;
    let token = form.take(TOKEN).unwrap_or_default();
    if !showed(&visit, &token) {
        return Err(Error::new(&codes::FOREIGN_FORM));
    }
    Ok(Posted { visit, form })
}

/// What a browser says about where a form comes from, if it says anything. Its own token is demanded in either case.
fn is_own(headers: &HeaderMap, address: &Uri, site: &Site) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let same_site = text(&FETCH_SITE).is_none_or(|word| matches!(word, "same-origin" | "none"));
    let same_origin = text(&ORIGIN).is_none_or(|origin| {
        // Where the configured address is not the one in the browser, the host that the browser asked for decides: no page
        // elsewhere can make it name another. In HTTP/2 that stands in the request's address.
        let host = origin.split_once("://").map(|(_, host)| host);
        let asked = text(&HOST).or_else(|| address.authority().map(Authority::as_str));
        site.public_origin.as_deref() == Some(origin) || host.is_some() && host == asked
    });
    same_site && same_origin
}
