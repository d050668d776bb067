//! Who opens a page: a browser with or without a session.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use super::account::sign_in_for;
use super::cookies::Cookie;
use super::form_token::Shown;
use super::site::Site;
use crate::app::App;
use crate::base::{Actor, Error, Kind, Origin, Result};
use crate::http::{Client, HttpState};

/// A browser that opens a page or sends a form.
pub(super) struct Visit {
    pub app: Arc<App>,
    pub site: Arc<Site>,
    pub origin: Origin,
    /// Whose session the cookie names, if it is good.
    pub actor: Option<Actor>,
    /// The browser's mark, if it came with one.
    mark: Option<[u8; 16]>,
    /// What this answer gives it otherwise.
    fresh_mark: [u8; 16],
    /// What becomes of its session's cookie with this answer.
    session_cookie: Option<HeaderValue>,
}

impl FromRequestParts<HttpState> for Visit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self> {
        let Ok(Client(origin)) = Client::from_request_parts(parts, state).await;
        let site = parts.extensions.get::<Arc<Site>>().cloned();
        let site = site.ok_or_else(|| Error::internal("a page stands outside of its site"))?;
        let (app, https) = (Arc::clone(&state.app), site.https);
        // What a revoked key set has made is no form of ours.
        app.key_keeper.ensure().await?;
        let (mut actor, mut session_cookie) = (None, None);
        if let Some(cookie) = Cookie::Session.read(&parts.headers, https) {
            match state.authenticator.recognise(cookie).await {
                Ok(found) => actor = Some(found),
                // Over, or never ours: as if there were none. What is no answer at all is passed on.
                Err(error) if error.code().kind == Kind::Unauthenticated => {
                    session_cookie = Some(Cookie::Session.clear(https));
                }
                Err(error) => return Err(error),
            }
        }
        let mark = Cookie::Visit.read(&parts.headers, https);
        let mark = mark.and_then(|mark| BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?.try_into().ok());
        let fresh_mark = app.random.bytes();
        Ok(Self { app, site, origin, actor, mark, fresh_mark, session_cookie })
    }
}

impl Visit {
    /// To whom forms on this page are shown.
    fn shown(&self) -> Shown {
        let visitor = Shown::ToVisitor(self.mark.unwrap_or(self.fresh_mark));
        self.actor.map_or(visitor, |actor| Shown::ToSession(actor.session))
    }

    /// Whether a form was shown to this session.
    pub(super) fn showed_to_session(&self, token: &str) -> bool {
        self.actor.is_some_and(|actor| Shown::ToSession(actor.session).fits(token, &self.app.keys))
    }

    /// Whether a form was shown to this session, or to this browser before it had one.
    pub(super) fn showed(&self, token: &str) -> bool {
        let to_visitor = |mark| Shown::ToVisitor(mark).fits(token, &self.app.keys);
        self.showed_to_session(token) || self.mark.is_some_and(to_visitor)
    }

    /// Gives the browser a session, in the place of the one it had.
    pub(super) fn carry(&mut self, session: &str) {
        let keep = self.app.config.sessions.lifetime;
        self.session_cookie = Some(Cookie::Session.set(session, self.site.https, Some(keep)));
    }

    /// Takes the browser's cookie back; ending its session is another matter.
    pub(super) fn forget(&mut self) {
        self.session_cookie = Some(Cookie::Session.clear(self.site.https));
    }

    /// A page.
    ///
    /// # Errors
    /// `server.internal`: a template asks for what is not there.
    pub(super) fn page(&self, template: &str, context: Json) -> Result<Response> {
        self.page_with(StatusCode::OK, template, context)
    }

    /// A page with another status than 200.
    pub(super) fn page_with(
        &self,
        status: StatusCode,
        template: &str,
        mut context: Json,
    ) -> Result<Response> {
        let token = self.shown().token(&self.app.keys, self.app.random.as_ref());
        for absent in ["notice", "refused"] {
            if context.get(absent).is_none() {
                context[absent] = Json::Null;
            }
        }
        if context.get("values").is_none() {
            context["values"] = json!({});
        }
        context["page"] = json!({
            "refused": context["refused"], "values": context["values"], "form_token": token,
        });
        context["product"] = json!(self.site.product);
        context["form_token"] = json!(token);
        context["signed_in"] = json!(self.actor.is_some());
        let mut response = self.with_session_cookie(self.site.render(status, template, &context)?);
        if self.actor.is_none() && self.mark.is_none() {
            let mark = BASE64_URL_SAFE_NO_PAD.encode(self.fresh_mark);
            response.headers_mut().append(SET_COOKIE, Cookie::Visit.set(&mark, self.site.https, None));
        }
        Ok(response)
    }

    /// Sends the browser on after a form, to one of our own pages.
    pub(super) fn go(&self, to: &str) -> Response {
        let to = HeaderValue::from_str(to).expect("our own paths are ASCII");
        self.with_session_cookie((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
    }

    fn with_session_cookie(&self, mut response: Response) -> Response {
        if let Some(line) = &self.session_cookie {
            response.headers_mut().append(SET_COOKIE, line.clone());
        }
        response
    }
}

/// A visit of somebody who is signed in; others are sent to sign in, and come back afterwards.
pub(super) struct Holder {
    pub visit: Visit,
    pub actor: Actor,
}

impl FromRequestParts<HttpState> for Holder {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        match visit.actor {
            Some(actor) => Ok(Self { visit, actor }),
            None => Err(visit.go(&sign_in_for(parts.uri.path()))),
        }
    }
}
